"""J&F as TrackEval has it: all frames, tracks assigned by their mean J.

Source: TrackEval 1.3.0, metrics/j_and_f.py (compared in tests/parity/test_davis.py). Two
things differ. In videos of more than 255 frames the decay uses the right frames (see
metrics/segmentation.py). A sequence without ground truth has no object and leaves the total as it
is; in TrackEval it makes it NaN.
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
    summarize,
    tell,
)

__all__ = ["COLUMNS", "Partial", "combine", "evaluate", "summarize"]

_THRESHOLD = 0.5 + EPS
_BLOCK = 1 << 20  # values of J computed at once: bounds the memory


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    rows = Rows.of(pairing, range(pairing.frame_count))
    prediction, truth = linear_sum_assignment(_mean_jaccard(pairing, rows), maximize=True)
    prediction = np.where(prediction < pairing.prediction.track_count, prediction, -1)
    chosen = rows.pairs(truth, prediction)
    return tell(jaccard(pairing, chosen), boundary(pairing, chosen), _THRESHOLD)


def _mean_jaccard(pairing: Pairing, rows: Rows) -> np.ndarray:
    """Return J of every predicted with every truth track, (K, N), K filled up to N by empty ones.

    What TrackEval assigns is laid out just so, and of equal assignments SciPy's choice depends on
    that.
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
