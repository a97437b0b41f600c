"""Options that methods with a detector share."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import NonNegativeInt


@dataclass(frozen=True, kw_only=True)
class DetectorOptions:
    """The detector of a method, and the frames it runs on.

    Args:
        detector: Network card of a detector, folder of an exported one, or ONNX file with
            metadata, see docs/detectors.md; None for the detections of the data set.
        interval: Number of frames skipped between two runs of the detector.
    """

    detector: str | None = None
    interval: NonNegativeInt = 0
