"""SORT: predict every box with a Kalman filter, match by IoU, forget what is not seen.

Source: Bewley et al., ICIP 2016, section 3. Written from the paper; parameters are its authors'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.sort.options import Options
from trackers.parts import life, rows
from trackers.parts.assignment import match_overlapping, unmatched
from trackers.parts.box_motion import AreaAspect
from trackers.parts.detections import no_detections, same_class, select
from trackers.parts.kalman import Motion
from trackers.parts.life import Life


def build(options: Options) -> Sort:
    """Return a SORT tracker."""
    return Sort(options)


@dataclass(frozen=True)
class _Targets:
    """One row a target."""

    life: Life
    motion: Motion


class Sort:
    """See the module."""

    _targets: _Targets

    def __init__(self, options: Options) -> None:
        self._options = options
        self._min_score = -np.inf if options.min_score is None else options.min_score
        self._forget()

    def start(self, sequence: Sequence) -> None:
        self._forget()

    def step(self, frame: Frame) -> TrackerOutput:
        seen = select(frame.detections, self._min_score)
        targets = _predict(self._targets)
        who, what = self._match(targets, seen)
        targets = rows.put(targets, who, _see(rows.take(targets, who), seen.take(what)))
        newborn = self._bear(seen.take(unmatched(len(seen.score), what)))
        targets = rows.join(targets, newborn)
        self._targets = rows.take(targets, targets.life.missed <= self._options.life.max_age)
        self._steps += 1
        return self._report()

    def _forget(self) -> None:
        self._steps = 0
        self._born = 0
        self._targets = self._bear(no_detections())

    def _match(self, targets: _Targets, seen: Detections) -> tuple[np.ndarray, np.ndarray]:
        """Return matched targets and detections."""
        iou = box_iou(AreaAspect.box(targets.motion)[:, None], seen.box)
        iou = np.where(same_class(targets.life.class_id, seen.class_id), iou, -np.inf)
        return match_overlapping(iou, self._options.iou_threshold)

    def _bear(self, seen: Detections) -> _Targets:
        """Return a new target for each detection."""
        newborn = _Targets(life.begin(seen, self._born), AreaAspect.begin(seen.box))
        self._born += len(seen.score)
        return newborn

    def _report(self) -> TrackerOutput:
        reported = life.told(self._targets.life, self._options.life.min_hits, self._steps)
        told = rows.take(self._targets, reported)
        box = AreaAspect.box(told.motion)
        return TrackerOutput(told.life.track, box, told.life.score, told.life.class_id)


def _predict(targets: _Targets) -> _Targets:
    """Return the targets one frame later, as if none were seen."""
    return _Targets(life.wait(targets.life), AreaAspect.predict(targets.motion))


def _see(targets: _Targets, seen: Detections) -> _Targets:
    """Return the targets after each saw its detection."""
    motion = AreaAspect.update(targets.motion, seen.box)
    return _Targets(life.meet(targets.life, seen.score), motion)
