"""Where a method's detections come from: a detector of its own, or the frames."""

from __future__ import annotations

import numpy as np

from datasets.types import Detections, Frame, Sequence
from trackers.detectors.detector import load_detector
from trackers.parts.detections import select


class Source:
    """Detections that have an area of which some is in the image.

    Args:
        detector: Card of a detector or the folder of an exported one; without it the frames carry
            detections.
        device: It runs on.
        least: Score of a detection.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be.
    """

    def __init__(self, detector: str | None, device: str, least: float) -> None:
        self._detector = load_detector(detector, device, score=least) if detector else None
        self._least = least

    def start(self, sequence: Sequence) -> None:
        """Look for the classes of a sequence from now on; ValueError if it knows none of them."""
        if self._detector is not None:
            self._detector.start(sequence.extent.classes)

    def find(self, frame: Frame) -> Detections:
        """Return the detections of a frame that has an image."""
        assert frame.image is not None
        if self._detector is not None:
            return self._detector(frame.image).detections
        found = select(frame.detections, self._least)
        return found.take(reaching(found.box, frame.image.shape))


def reaching(box: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return which boxes (N, 4) have an area of which some is in an image of a shape, (N,) bool."""
    corner = np.array(shape[1::-1])
    within = (box[:, :2] < box[:, 2:]) & (box[:, 2:] > 0) & (box[:, :2] < corner)
    return np.all(within, axis=1)
