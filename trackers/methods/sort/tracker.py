"""SORT: predict every box with a Kalman filter, match by IoU, forget what is not seen.

Source: Bewley et al., ICIP 2016, section 3. Written from the paper; parameters are its authors'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import Answer
from trackers.parts import rows
from trackers.parts.assignment import match, unmatched
from trackers.parts.box_motion import AreaAspect
from trackers.parts.detections import no_detections, same_class, select
from trackers.parts.kalman import Motion


def build(
    *, max_age: int = 1, min_hits: int = 3, iou_threshold: float = 0.3, min_score: float = -np.inf
) -> Sort:
    """Return a SORT tracker.

    Args:
        max_age: Frames a target lives on without a detection.
        min_hits: A target is reported once it was matched so many frames in a row after the one it
            was born in; in the first `min_hits` frames of the sequence every target is.
        iou_threshold: Pairs below it are no match.
        min_score: Detections below it are not looked at.
    """
    return Sort(max_age, min_hits, iou_threshold, min_score)


@dataclass(frozen=True)
class _Targets:
    """One row a target."""

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray  # of the last detection
    missed: np.ndarray  # frames since the last detection
    streak: np.ndarray  # frames matched in a row, the first not counted
    motion: Motion


class Sort:
    """See the module."""

    _targets: _Targets

    def __init__(self, max_age: int, min_hits: int, iou_threshold: float, min_score: float) -> None:
        self._max_age = max_age
        self._min_hits = min_hits
        self._iou_threshold = iou_threshold
        self._min_score = min_score
        self._forget()

    def start(self, sequence: Sequence) -> None:
        self._forget()

    def step(self, frame: Frame) -> Answer:
        seen = select(frame.detections, self._min_score)
        targets = _predict(self._targets)
        who, what = self._match(targets, seen)
        targets = _see(targets, who, seen.take(what))
        newborn = self._bear(seen.take(unmatched(len(seen.score), what)))
        targets = rows.join(targets, newborn)
        self._targets = rows.take(targets, targets.missed <= self._max_age)
        self._steps += 1
        return self._report()

    def _forget(self) -> None:
        self._steps = 0
        self._born = 0
        self._targets = self._bear(no_detections())

    def _match(self, targets: _Targets, seen: Detections) -> tuple[np.ndarray, np.ndarray]:
        """Return matched targets and detections: best total IoU, then too small ones rejected."""
        iou = box_iou(AreaAspect.box(targets.motion)[:, None], seen.box)
        iou = np.where(same_class(targets.class_id, seen.class_id), iou, -np.inf)
        who, what = match(iou, 0.0)
        good = iou[who, what] >= self._iou_threshold
        return who[good], what[good]

    def _bear(self, seen: Detections) -> _Targets:
        """Return a new target for each detection."""
        count = len(seen.score)
        track = self._born + 1 + np.arange(count)
        self._born += count
        none = np.zeros(count, np.int64)
        motion = AreaAspect.begin(seen.box)
        return _Targets(track, seen.class_id, seen.score, none, none, motion)

    def _report(self) -> Answer:
        targets = self._targets
        confirmed = (targets.streak >= self._min_hits) | (self._steps <= self._min_hits)
        told = rows.take(targets, (targets.missed == 0) & confirmed)
        return Answer(told.track, AreaAspect.box(told.motion), told.score, told.class_id)


def _predict(targets: _Targets) -> _Targets:
    """Return the targets one frame later, as if none were seen."""
    streak = np.where(targets.missed > 0, 0, targets.streak)
    motion = AreaAspect.predict(targets.motion)
    return replace(targets, missed=targets.missed + 1, streak=streak, motion=motion)


def _see(targets: _Targets, who: np.ndarray, seen: Detections) -> _Targets:
    """Return the targets after those of `who` were seen."""
    old = rows.take(targets, who)
    motion = AreaAspect.update(old.motion, seen.box)
    none = np.zeros_like(old.missed)
    new = replace(old, score=seen.score, missed=none, streak=old.streak + 1, motion=motion)
    return rows.put(targets, who, new)
