"""Count: numbers of scored rows, tracks and frames, after the protocol's preprocessing."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

from metrics.family import Column
from metrics.pairing import Pairing

COLUMNS = (
    Column("Dets", "count", None, "Predicted rows"),
    Column("GT_Dets", "count", None, "Ground truth rows"),
    Column("IDs", "count", None, "Predicted tracks"),
    Column("GT_IDs", "count", None, "Ground truth tracks"),
    Column("Frames", "count", None, "Frames"),
)


@dataclass(frozen=True)
class Partial:
    """Counts that are added over sequences."""

    predictions: int
    truths: int
    predicted_tracks: int
    truth_tracks: int
    frames: int


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    return Partial(
        len(pairing.prediction),
        len(pairing.truth),
        pairing.prediction.track_count,
        pairing.truth.track_count,
        pairing.frame_count,
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums."""
    names = Partial.__dataclass_fields__
    return Partial(**{name: sum(getattr(p, name) for p in partials) for name in names})


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column."""
    return {
        "Dets": partial.predictions,
        "GT_Dets": partial.truths,
        "IDs": partial.predicted_tracks,
        "GT_IDs": partial.truth_tracks,
        "Frames": partial.frames,
    }
