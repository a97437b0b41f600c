"""One-to-one matching within each frame, equal to the Hungarian method on every frame's matrix.

Most frames do not need the Hungarian method. Overlapping rows form connected groups. If within a
group every row has a unique best pair and no two rows have the same partner, these pairs are the
unique optimal matching. The same holds for the columns. Only frames with a group that neither side
settles are solved by SciPy, on the frame's full matrix so that ties are broken as in TrackEval,
which solves every frame.
"""

from __future__ import annotations

import numpy as np

from datasets.assignment import linear_sum_assignment
from metrics.pairing import Pairing

EPS = np.finfo(float).eps  # TrackEval's tolerance at a threshold
_MIN_GROUPED = 100  # pairs; up to so many, solving frame by frame is faster than grouping


def match_frames(
    pairing: Pairing, score: np.ndarray, which: np.ndarray | slice = slice(None)
) -> np.ndarray:
    """Return which pairs are in the matching of maximum total score per frame, (P,) bool.

    Args:
        score: (P,) score of each pair; pairs with a score of 0 are never matched.
        which: The P pairs to match, ascending: of each frame none, or all that can be matched.
    """
    pairs = pairing.pairs
    truth, prediction = pairs.truth[which], pairs.prediction[which]
    matched = np.zeros(len(truth), bool)
    live = np.flatnonzero(score > EPS)
    open_ = np.ones(len(live), bool)
    if len(live) > _MIN_GROUPED:
        matched[live], open_ = _settle(truth[live], prediction[live], score[live])
    if open_.any():
        frame = pairing.truth.frame[truth]
        left_open = frame[live[open_]]  # ascending
        for one in left_open[np.flatnonzero(np.diff(left_open, prepend=-1))]:
            here = slice(*np.searchsorted(frame, [one, one + 1]))
            first, last = np.searchsorted(pairing.truth.frame, [one, one + 1])
            left, right = np.searchsorted(pairing.prediction.frame, [one, one + 1])
            matrix = np.zeros((last - first, right - left))
            matched[here] = _solve(
                matrix, truth[here] - first, prediction[here] - left, score[here]
            )
    return matched


def _settle(
    truth: np.ndarray, prediction: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which pairs are certainly matched and which are in an unsettled group, (P,) bool."""
    group = _groups(truth, prediction)
    by_row, row_open = _winners(truth, prediction, score, group)
    by_column, column_open = _winners(prediction, truth, score, group)
    matched = np.where(row_open[group], by_column & ~column_open[group], by_row)
    return matched, (row_open & column_open)[group]


def _winners(
    own: np.ndarray, other: np.ndarray, score: np.ndarray, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best pairs of each row of one side, and the groups that they do not settle.

    Args:
        own: (P,) row of each pair on this side.
        other: (P,) row on the other side.
    """
    best = np.zeros(int(own.max(initial=0)) + 1)
    np.maximum.at(best, own, score)
    wins = score == best[own]
    clash = (np.bincount(own[wins], minlength=1) > 1)[own] | (
        np.bincount(other[wins], minlength=int(other.max(initial=0)) + 1) > 1
    )[other]
    open_ = np.zeros(int(group.max(initial=0)) + 1, bool)
    open_[group[clash & wins]] = True
    return wins, open_


def _groups(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the connected group of each pair, (P,): pairs linked by shared rows.

    Every pair is labelled with the lowest label of the pairs that share a row with it, repeatedly
    until no label changes.
    """
    group = np.arange(len(truth))
    while True:
        before = group
        for row in (truth, prediction):
            lowest = np.full(int(row.max(initial=0)) + 1, len(row))
            np.minimum.at(lowest, row, group)
            group = lowest[row]
        group = group[group]
        if np.array_equal(group, before):
            return group


def _solve(
    matrix: np.ndarray, row: np.ndarray, column: np.ndarray, score: np.ndarray
) -> np.ndarray:
    """Return which pairs of one frame are in its optimal matching, bool.

    Args:
        matrix: Zeros, with a row and a column for every object in the frame: which of several
            optimal matchings SciPy returns depends on the shape.
    """
    matrix[row, column] = score
    chosen = np.full(len(matrix), -1)
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    chosen[rows] = columns
    matched: np.ndarray = (chosen[row] == column) & (score > EPS)
    return matched
