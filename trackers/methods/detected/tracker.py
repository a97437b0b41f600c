"""Any method that takes detections, given those of a detector instead of public ones.

What it takes of the clock is both: the detector and the tracker. Without a method it is the
detector alone, whose average precision the protocol `coco` gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.types import Frame, Sequence
from trackers.contract import Tracker, TrackerOutput, load_tracker
from trackers.detectors.source import Source
from trackers.methods.detected.options import Options


def build(options: Options) -> Detected:
    """Return a tracker.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be.
    """
    follow: Tracker = Alone()
    if options.tracker is not None:
        follow = load_tracker(options.tracker, options.options or {})
    return Detected(Source(options.detector, options.device, options.min_score), follow)


class Detected:
    """See the module."""

    def __init__(self, source: Source, tracker: Tracker) -> None:
        self._source, self._tracker = source, tracker

    def start(self, sequence: Sequence) -> None:
        self._source.start(sequence)
        self._tracker.start(sequence)

    def step(self, frame: Frame) -> TrackerOutput:
        return self._tracker.step(replace(frame, detections=self._source.find(frame)))


class Alone:
    """A tracker that follows nobody."""

    def __init__(self) -> None:
        self._born = 0

    def start(self, sequence: Sequence) -> None:
        self._born = 0

    def step(self, frame: Frame) -> TrackerOutput:
        found = frame.detections
        assert found is not None
        track = np.arange(self._born, self._born + len(found.score))
        self._born += len(track)
        return TrackerOutput(track, found.box, found.score, found.class_id)
