"""One-to-one matching within each frame, as if by the Hungarian method on every frame's matrix.

Most of it needs no Hungarian method. Rows that overlap, directly or through others, form groups; if
within a group every row's best pair is its only best and no two rows share it, those pairs are the
one best matching, since no row can do better. The same holds from the side of the columns. Only
frames with a group that neither side settles are solved by SciPy, whole, so that ties fall as in
TrackEval, which solves every frame.
"""

from __future__ import annotations

import numpy as np

from datasets.assignment import linear_sum_assignment
from metrics.pairing import Pairing

EPS = np.finfo(float).eps  # TrackEval's slack at a threshold
_FEW = 100  # pairs; for fewer, solving frame by frame costs less than grouping


def match_frames(
    pairing: Pairing, score: np.ndarray, which: np.ndarray | slice = slice(None)
) -> np.ndarray:
    """Return which pairs the matching of largest total score holds, frame by frame, (P,) bool.

    Args:
        score: (P,); pairs with a score of 0 are never matched.
        which: The pairs to match, all those of a frame or none; P is their number.
    """
    pairs = pairing.pairs
    truth, prediction = pairs.truth[which], pairs.prediction[which]
    matched = np.zeros(len(truth), bool)
    live = np.flatnonzero(score > EPS)
    open_ = np.ones(len(live), bool)
    if len(live) > _FEW:
        matched[live], open_ = _settle(truth[live], prediction[live], score[live])
    if open_.any():
        frame = pairing.truth.frame[truth]
        for one in np.unique(frame[live[open_]]):
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
    """Return which pairs are matched for certain, and which are in a group that is open, (P,)."""
    group = _groups(truth, prediction)
    by_row, row_open = _winners(truth, prediction, score, group)
    by_column, column_open = _winners(prediction, truth, score, group)
    matched = np.where(row_open[group], by_column & ~column_open[group], by_row)
    return matched, (row_open & column_open)[group]


def _winners(
    own: np.ndarray, other: np.ndarray, score: np.ndarray, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best pairs of each row of one side, and the groups where that settles nothing.

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
    """Return the group of each pair, (P,): pairs that share a row, and those they share with.

    Every pair points at the lowest of those it shares a row with, and at what that one points at,
    until nothing changes.
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
    """Return which of one frame's pairs its best matching holds, bool.

    Args:
        matrix: Zeros, a row and a column for everything in the frame: which of two equal matchings
            SciPy gives depends on the shape.
    """
    matrix[row, column] = score
    chosen = np.full(len(matrix), -1)
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    chosen[rows] = columns
    matched: np.ndarray = (chosen[row] == column) & (score > EPS)
    return matched
