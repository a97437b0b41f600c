"""Source of a method's detections: its own detector, or the detections of the frames."""

from __future__ import annotations

import numpy as np

from datasets.types import Detections, Frame, Sequence
from trackers.detectors.candidates import DetectedObjects
from trackers.detectors.detector import load_detector
from trackers.networks.runner import NetworkRunner
from trackers.parts.detections import select


class DetectionSource:
    """Source of detections whose boxes overlap the image.

    `with_masks` is whether `find_objects` can return masks.

    Args:
        detector: Network card of a detector, folder of an exported or built one, or ONNX file with
            metadata; None to use the detections of the frames.
        runner: Device and precision of the detector.
        min_score: Detections of a lower score are discarded; the network card may have a higher
            minimum.

    Raises:
        FileNotFoundError: The card or the network does not exist.
        ValueError: The card or the network is invalid.
        RuntimeError: The engine is not installed or does not support the device.
    """

    def __init__(self, detector: str | None, runner: NetworkRunner, min_score: float) -> None:
        self._detector = load_detector(detector, runner, score=min_score) if detector else None
        self._min_score = min_score
        self.with_masks = self._detector is not None and self._detector.with_masks

    def start(self, sequence: Sequence) -> None:
        """Set the classes to detect; ValueError if the detector knows none of them."""
        if self._detector is not None:
            self._detector.start(sequence.extent.classes)

    def find(self, frame: Frame) -> Detections:
        """Return the detections of a frame that has an image."""
        return self.find_objects(frame, masks=False).detections

    def find_objects(self, frame: Frame, *, masks: bool) -> DetectedObjects:
        """Return the detections of a frame that has an image, and their masks.

        Args:
            masks: Whether masks are computed, where the detector outputs them.
        """
        assert frame.image is not None
        if self._detector is not None:
            return self._detector(frame.image, masks=masks)
        selected = select(frame.detections, self._min_score)
        return DetectedObjects(selected.take(overlaps_image(selected.box, frame.image.shape)))


def overlaps_image(box: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return which boxes (N, 4) have a positive area and overlap the image, (N,) bool.

    Args:
        shape: Shape of the image, height and width first.
    """
    corner = np.array(shape[1::-1])
    overlapping = (box[:, :2] < box[:, 2:]) & (box[:, 2:] > 0) & (box[:, :2] < corner)
    return np.all(overlapping, axis=1)
