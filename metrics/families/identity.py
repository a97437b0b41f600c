"""Identity: IDF1, IDP and IDR under the optimal one-to-one mapping of whole tracks.

Source: Ristani et al., ECCV workshops 2016; equal to TrackEval 1.3.0 (tests/parity/test_parity.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from datasets.assignment import linear_sum_assignment
from metrics.family import Column
from metrics.pairing import Pairing

_THRESHOLD = 0.5

COLUMNS = (
    Column("IDF1", "ratio", "up", "F1 score of correctly identified rows"),
    Column("IDR", "ratio", "up", "Correctly identified share of the ground truth"),
    Column("IDP", "ratio", "up", "Correctly identified share of the predictions"),
    Column("IDTP", "count", "up", "Correctly identified rows"),
    Column("IDFN", "count", "down", "Ground truth rows that are not correctly identified"),
    Column("IDFP", "count", "down", "Predicted rows that are not correctly identified"),
)


@dataclass(frozen=True)
class Partial:
    """Counts that are added over sequences.

    Args:
        true_positives: Rows in which mapped tracks overlap (IDTP).
        false_negatives: Other ground truth rows (IDFN).
        false_positives: Other predicted rows (IDFP).
    """

    true_positives: int
    false_negatives: int
    false_positives: int


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence.

    Mapping a ground truth track to a predicted one removes a false negative and a false positive
    for each frame in which they overlap, so the mapping of minimum error is that of maximum
    overlap.
    """
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    close = pairs.take(pairs.similarity >= _THRESHOLD)
    together = np.zeros((truth.track_count, prediction.track_count), np.int64)
    rows = truth.track[close.truth], prediction.track[close.prediction]
    np.add.at(together, rows, 1)
    true_positives = int(together[linear_sum_assignment(together, maximize=True)].sum())
    return Partial(true_positives, len(truth) - true_positives, len(prediction) - true_positives)


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums."""
    return Partial(
        sum(p.true_positives for p in partials),
        sum(p.false_negatives for p in partials),
        sum(p.false_positives for p in partials),
    )


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column."""
    true_positives = partial.true_positives
    false_negatives, false_positives = partial.false_negatives, partial.false_positives
    return {
        "IDF1": true_positives / max(1, true_positives + (false_negatives + false_positives) / 2),
        "IDR": true_positives / max(1, true_positives + false_negatives),
        "IDP": true_positives / max(1, true_positives + false_positives),
        "IDTP": true_positives,
        "IDFN": false_negatives,
        "IDFP": false_positives,
    }
