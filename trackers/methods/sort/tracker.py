"""SORT: predict boxes with a Kalman filter, match them by IoU, delete unmatched tracks.

Source: Bewley et al., ICIP 2016, section 3. Written from the paper; parameters are its authors'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.sort.options import Options
from trackers.parts import life_cycle, rows
from trackers.parts.assignment import match_overlapping, unmatched
from trackers.parts.box_motion import AreaAspect
from trackers.parts.detections import no_detections, same_class, select
from trackers.parts.kalman import Motion
from trackers.parts.life_cycle import TrackStatus


def build(options: Options) -> Sort:
    """Return a SORT tracker."""
    return Sort(options)


@dataclass(frozen=True)
class _Targets:
    """One row per target."""

    status: TrackStatus
    motion: Motion


class Sort:
    """The SORT tracker."""

    _targets: _Targets

    def __init__(self, options: Options) -> None:
        self._options = options
        self._min_score = -np.inf if options.min_score is None else options.min_score
        self._reset()

    def start(self, sequence: Sequence) -> None:
        self._reset()

    def step(self, frame: Frame) -> TrackerOutput:
        detections = select(frame.detections, self._min_score)
        targets = _predict(self._targets, frame.elapsed)
        row, column = self._match(targets, detections)
        matched = _update(rows.take(targets, row), detections.take(column))
        targets = rows.put(targets, row, matched)
        new = self._initiate(detections.take(unmatched(len(detections.score), column)))
        targets = rows.join(targets, new)
        self._targets = rows.take(targets, targets.status.missed <= self._options.life.max_age)
        self._steps += 1
        return self._report()

    def _reset(self) -> None:
        self._steps = 0
        self._initiated = 0
        self._targets = self._initiate(no_detections())

    def _match(self, targets: _Targets, detections: Detections) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of matched targets and of their detections."""
        iou = box_iou(AreaAspect.box(targets.motion)[:, None], detections.box)
        iou = np.where(same_class(targets.status.class_id, detections.class_id), iou, -np.inf)
        return match_overlapping(iou, self._options.iou_threshold)

    def _initiate(self, detections: Detections) -> _Targets:
        """Return a new target for each detection."""
        status = life_cycle.initiate(detections, self._initiated)
        self._initiated += len(detections.score)
        return _Targets(status, AreaAspect.initiate(detections.box))

    def _report(self) -> TrackerOutput:
        min_hits = self._options.life.min_hits
        reported = life_cycle.is_reported(self._targets.status, min_hits, self._steps)
        targets = rows.take(self._targets, reported)
        status, box = targets.status, AreaAspect.box(targets.motion)
        return TrackerOutput(status.track, box, status.score, status.class_id)


def _predict(targets: _Targets, elapsed: float) -> _Targets:
    """Return the targets in the next frame, before any is matched."""
    motion = AreaAspect.predict(targets.motion, elapsed)
    return _Targets(life_cycle.predict(targets.status), motion)


def _update(targets: _Targets, detections: Detections) -> _Targets:
    """Return the targets after each was matched to its detection."""
    motion = AreaAspect.update(targets.motion, detections.box)
    return _Targets(life_cycle.mark_matched(targets.status, detections.score), motion)
