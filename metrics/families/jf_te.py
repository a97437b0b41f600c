"""J&F of TrackEval: all frames count, tracks are assigned by their mean J.

Source: TrackEval 1.3.0, metrics/j_and_f.py (compared in tests/parity/test_davis.py), with two
differences. In videos of more than 255 frames the decay uses the correct frames (see
metrics/segmentation.py). A sequence without ground truth has no objects and does not change the
total; in TrackEval the total becomes NaN.
"""

from __future__ import annotations

import numpy as np

from datasets.assignment import linear_sum_assignment
from metrics.matching.hungarian import EPS
from metrics.pairing import Pairing
from metrics.segmentation import (
    COLUMNS,
    Partial,
    Rows,
    boundary,
    combine,
    jaccard,
    make_partial,
    summarize,
)

__all__ = ["COLUMNS", "Partial", "combine", "evaluate", "summarize"]

_THRESHOLD = 0.5 + EPS
_BLOCK = 1 << 20  # values of J computed at once, to bound memory


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    rows = Rows.of(pairing, range(pairing.frame_count))
    prediction, truth = linear_sum_assignment(_mean_jaccard(pairing, rows), maximize=True)
    prediction = np.where(prediction < pairing.prediction.track_count, prediction, -1)
    chosen = rows.pairs(truth, prediction)
    return make_partial(jaccard(pairing, chosen), boundary(pairing, chosen), _THRESHOLD)


def _mean_jaccard(pairing: Pairing, rows: Rows) -> np.ndarray:
    """Return the mean J of each predicted and ground truth track, (K, N), padded to K >= N.

    The padding is with empty tracks. TrackEval uses the same layout, and SciPy's choice among equal
    assignments depends on it.
    """
    truth_count, count = pairing.truth.track_count, pairing.prediction.track_count
    tracks = np.append(np.arange(count), np.full(max(truth_count - count, 0), -1))
    means = np.zeros((len(tracks), truth_count))
    step = max(_BLOCK // max(truth_count * pairing.frame_count, 1), 1)
    for first in range(0, len(tracks), step):
        some = tracks[first : first + step]
        pairs = rows.pairs(np.tile(np.arange(truth_count), len(some)), some.repeat(truth_count))
        table = jaccard(pairing, pairs).reshape(len(some), truth_count, pairing.frame_count)
        means[first : first + step] = table.mean(axis=2)
    return means
