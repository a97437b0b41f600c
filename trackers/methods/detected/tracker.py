"""Any method that takes detections, given those of a detector instead of public ones.

What it takes of the clock is both: the detector and the tracker. Without a method it is the
detector alone, whose average precision the protocol `coco` gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from datasets.types import Frame, Sequence
from trackers.contract import Answer, Tracker, load_tracker
from trackers.detectors.source import Source


def build(
    *,
    detector: str,
    tracker: str | None = None,
    options: Mapping[str, Any] | None = None,
    device: str = "cpu",
    min_score: float = 0.1,
) -> Detected:
    """Return a tracker.

    Args:
        detector: Card of a detector, or the folder of an exported one.
        tracker: The method, by its folder's name; without it each detection is an identity of its
            own.
        options: Of the method.
        device: `cpu` or `cuda`, of the detector.
        min_score: Of a detection; the method may have a threshold of its own above it.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be, or there is no such method or option.
    """
    follow = Alone() if tracker is None else load_tracker(tracker, options or {})
    return Detected(Source(detector, device, min_score), follow)


class Detected:
    """See the module."""

    def __init__(self, source: Source, tracker: Tracker) -> None:
        self._source, self._tracker = source, tracker

    def start(self, sequence: Sequence) -> None:
        self._source.start(sequence)
        self._tracker.start(sequence)

    def step(self, frame: Frame) -> Answer:
        return self._tracker.step(replace(frame, detections=self._source.find(frame)))


class Alone:
    """A tracker that follows nobody."""

    def __init__(self) -> None:
        self._born = 0

    def start(self, sequence: Sequence) -> None:
        self._born = 0

    def step(self, frame: Frame) -> Answer:
        found = frame.detections
        assert found is not None
        track = np.arange(self._born, self._born + len(found.score))
        self._born += len(track)
        return Answer(track, found.box, found.score, found.class_id)
