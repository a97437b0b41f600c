"""Identity: IDF1, IDP and IDR under the best one-to-one map of whole tracks.

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
    Column("IDF1", "ratio", "up", "F1 of rows with the right identity"),
    Column("IDR", "ratio", "up", "Share of the truth with the right identity"),
    Column("IDP", "ratio", "up", "Share of the prediction with the right identity"),
    Column("IDTP", "count", "up", "Rows with the right identity"),
    Column("IDFN", "count", "down", "Truth rows without"),
    Column("IDFP", "count", "down", "Prediction rows without"),
)


@dataclass(frozen=True)
class Partial:
    """What sequences add up: rows with the right identity, and those without on each side."""

    matches: int
    misses: int
    extras: int


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence.

    Mapping a truth track to a predicted one saves a miss and an extra for each frame in which they
    are together, so the map of least error is the one with most frames together.
    """
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    close = pairs.take(pairs.similarity >= _THRESHOLD)
    together = np.zeros((truth.track_count, prediction.track_count), np.int64)
    rows = truth.track[close.truth], prediction.track[close.prediction]
    np.add.at(together, rows, 1)
    matches = int(together[linear_sum_assignment(together, maximize=True)].sum())
    return Partial(matches, len(truth) - matches, len(prediction) - matches)


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums."""
    return Partial(
        sum(p.matches for p in partials),
        sum(p.misses for p in partials),
        sum(p.extras for p in partials),
    )


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column."""
    hits, misses, extras = partial.matches, partial.misses, partial.extras
    return {
        "IDF1": hits / max(1, hits + (misses + extras) / 2),
        "IDR": hits / max(1, hits + misses),
        "IDP": hits / max(1, hits + extras),
        "IDTP": hits,
        "IDFN": misses,
        "IDFP": extras,
    }
