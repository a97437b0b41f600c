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


def build(options: Options) -> Detected | DetectionsOnly:
    """Return a tracker.

    Raises:
        FileNotFoundError: The network card or the network does not exist.
        ValueError: The network card or the network is invalid, or masks are to be reported that the
            detector lacks or the tracking method does not report.
    """
    if options.masks and options.tracker is not None:
        raise ValueError(
            f"masks: expected false with a tracking method, which tracks boxes, found true with "
            f"{options.tracker!r}"
        )
    source = DetectionSource(options.detector, options.where.runner, options.min_score)
    if options.masks and not source.with_masks:
        raise ValueError(
            f"masks: expected a detector that outputs masks, found {options.detector}, which does "
            "not"
        )
    if options.tracker is None:
        return DetectionsOnly(source, masks=options.masks)
    return Detected(source, load_tracker(options.tracker, options.tracker_options or {}))


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
    """A detector whose detections are each reported as a new track.

    Args:
        masks: Whether masks are reported.
    """

    def __init__(self, source: DetectionSource, *, masks: bool) -> None:
        self._source, self._masks = source, masks
        self._initiated = 0

    def start(self, sequence: Sequence) -> None:
        self._source.start(sequence)
        self._initiated = 0

    def step(self, frame: Frame) -> TrackerOutput:
        found = self._source.find_objects(frame, masks=self._masks)
        detections = found.detections
        track = np.arange(self._initiated, self._initiated + len(detections.score))
        self._initiated += len(track)
        return TrackerOutput(
            track, detections.box, detections.score, detections.class_id, found.mask
        )
