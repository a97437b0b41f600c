"""A detector followed by any method that takes detections, instead of public detections.

The step time covers both the detector and the tracker. Without a method it is the detector alone,
whose average precision the protocol `coco` reports.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.types import Frame, Sequence
from trackers.contract import Tracker, TrackerOutput, load_tracker
from trackers.detectors.source import DetectionSource
from trackers.methods.detected.options import Options


def build(options: Options) -> Detected:
    """Return a tracker.

    Raises:
        FileNotFoundError: The network card or the network does not exist.
        ValueError: The network card or the network is invalid.
    """
    tracker: Tracker = DetectionsOnly()
    if options.tracker is not None:
        tracker = load_tracker(options.tracker, options.tracker_options or {})
    return Detected(DetectionSource(options.detector, options.device, options.min_score), tracker)


class Detected:
    """A detector and the tracker that receives its detections."""

    def __init__(self, source: DetectionSource, tracker: Tracker) -> None:
        self._source, self._tracker = source, tracker

    def start(self, sequence: Sequence) -> None:
        self._source.start(sequence)
        self._tracker.start(sequence)

    def step(self, frame: Frame) -> TrackerOutput:
        return self._tracker.step(replace(frame, detections=self._source.find(frame)))


class DetectionsOnly:
    """A tracker that reports every detection as a new track."""

    def __init__(self) -> None:
        self._initiated = 0

    def start(self, sequence: Sequence) -> None:
        self._initiated = 0

    def step(self, frame: Frame) -> TrackerOutput:
        detections = frame.detections
        assert detections is not None
        track = np.arange(self._initiated, self._initiated + len(detections.score))
        self._initiated += len(track)
        return TrackerOutput(track, detections.box, detections.score, detections.class_id)
