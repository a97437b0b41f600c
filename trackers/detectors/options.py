"""Options that methods with a detector share."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.engines.runner import Precision
from trackers.networks.runner import NetworkRunner
from trackers.option_types import NonNegativeInt


@dataclass(frozen=True, kw_only=True)
class DetectorRunner:
    """Where a detector runs, independent of the tracker; its engine follows from its file.

    Args:
        detector_device: Device of the detector, `cpu` or `cuda`; None for `cuda` with TensorRT and
            `cpu` otherwise.
        detector_precision: Precision of a detector in PyTorch; other files have a fixed one.
    """

    detector_device: str | None = None
    detector_precision: Precision = "fp32"

    @property
    def runner(self) -> NetworkRunner:
        """The device and the precision."""
        return NetworkRunner(self.detector_device, self.detector_precision)


@dataclass(frozen=True, kw_only=True)
class DetectorOptions:
    """The detector of a method, and the frames it runs on.

    Args:
        detector: Network card of a detector, folder of an exported or built one, or ONNX file with
            metadata, see docs/detectors.md; None for the detections of the data set.
        where: Where the detector runs.
        interval: Number of frames skipped between two runs of the detector.
    """

    detector: str | None = None
    where: DetectorRunner = DetectorRunner()
    interval: NonNegativeInt = 0
