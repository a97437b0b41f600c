"""One-to-one matching within each frame, as if by the Hungarian method on every frame's matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from metrics.pairing import Pairing

EPS = np.finfo(float).eps  # TrackEval's slack at a threshold


def match_frames(pairing: Pairing, score: np.ndarray) -> np.ndarray:
    """Return which pairs the matching of largest total score holds, frame by frame, (P,) bool.

    Args:
        score: (P,); pairs with a score of 0 are never matched.
    """
    matched = score > 0
    for frame_pairs in contested_frames(pairing, matched):
        matched[frame_pairs] = match_frame(pairing, frame_pairs, score[frame_pairs])
    return matched


def contested_frames(pairing: Pairing, eligible: np.ndarray) -> Iterator[slice]:
    """Yield the pairs of each frame where two eligible pairs share a row, in order of frame.

    In all other frames the eligible pairs are themselves the best matching.
    """
    pairs = pairing.pairs
    truth, prediction = pairs.truth[eligible], pairs.prediction[eligible]
    shared = (np.bincount(truth, minlength=1)[truth] > 1) | (
        np.bincount(prediction, minlength=1)[prediction] > 1
    )
    frame_of = pairing.truth.frame[pairs.truth]
    for frame in np.unique(frame_of[eligible][shared]):
        yield slice(*np.searchsorted(frame_of, [frame, frame + 1]))


def match_frame(pairing: Pairing, frame_pairs: slice, score: np.ndarray) -> np.ndarray:
    """Return which of one frame's pairs its best matching holds, bool."""
    row, column = pairing.pairs.truth[frame_pairs], pairing.pairs.prediction[frame_pairs]
    row, column = row - row.min(), column - column.min()
    matrix = np.zeros((row.max() + 1, column.max() + 1))
    matrix[row, column] = score
    chosen = np.zeros(matrix.shape, bool)
    chosen[linear_sum_assignment(matrix, maximize=True)] = True
    matched: np.ndarray = chosen[row, column] & (score > EPS)
    return matched
