"""Options that methods with a detector share."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import NonNegativeInt


@dataclass(frozen=True, kw_only=True)
class DetectorOptions:
    """Which detector runs, and when.

    Args:
        detector: Card of a detector or the folder of an exported one, see `trackers/detectors`;
            None for the detections of the data set.
        interval: Frames between two in which the detector runs.
    """

    detector: str | None = None
    interval: NonNegativeInt = 0
