"""OC-SORT: SORT that trusts observations more than the state of the Kalman filter.

Source: Cao et al., CVPR 2023, section 4: re-update (ORU), momentum (OCM) and recovery (OCR).
Written from the paper; parameters are its authors'. A matched target is reported with the box of
its detection, not the filter's mean, as in the authors' program: the method takes observations to
be more accurate than a filter that assumes linear motion. Unmatched targets are not reported.

Choices where the paper leaves them open: the momentum of a pair is 1 for the same direction, 0 for
the opposite one, and one half where the target has no direction yet, so that momentum alone makes
no match; the initial detection is an observation like the others. Unlike in the authors' program,
momentum is not weighted by the detection's score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.oc_sort.options import Options
from trackers.parts import life_cycle, rows
from trackers.parts.assignment import match_overlapping, unmatched
from trackers.parts.box_motion import AreaAspect
from trackers.parts.detections import no_detections, same_class, select
from trackers.parts.kalman import Motion
from trackers.parts.life_cycle import TrackStatus


def build(options: Options) -> OcSort:
    """Return an OC-SORT tracker."""
    return OcSort(options)


@dataclass(frozen=True)
class Targets:
    """One row per target."""

    status: TrackStatus
    observed: np.ndarray  # (N, 4), box of the latest detection
    recent: np.ndarray  # (N, delta_t, 4), observations 1, 2 ... frames ago; nan where unmatched
    direction: np.ndarray  # (N, 2), unit length, or 0 where there is none
    elapsed: np.ndarray  # (N,), time since the latest detection, see `Frame`
    last_updated: Motion  # state after the latest detection
    motion: Motion


class OcSort:
    """The OC-SORT tracker."""

    targets: Targets

    def __init__(self, options: Options) -> None:
        self._options = options
        self._min_score = options.low_threshold if options.use_low_scores else options.min_score
        self._reset()

    def start(self, sequence: Sequence) -> None:
        self._reset()

    def step(self, frame: Frame) -> TrackerOutput:
        detections = select(frame.detections, self._min_score)
        high = detections.score >= self._options.min_score
        first, second = detections.take(high), detections.take(~high)
        targets = _predict(self.targets, frame.elapsed)
        predicted, momentum = AreaAspect.box(targets.motion), _momentum(targets, first)
        everything = np.arange(len(predicted))
        bonus = self._options.inertia * momentum
        targets, remaining = self._associate(targets, everything, predicted, first, bonus)
        missed = np.flatnonzero(targets.status.missed > 0)
        targets, _ = self._associate(targets, missed, predicted, second)
        missed = np.flatnonzero(targets.status.missed > 0)
        targets, remaining = self._associate(targets, missed, targets.observed, remaining)
        targets = rows.join(targets, self._initiate(remaining))
        alive = targets.status.missed <= self._options.life.max_age
        self.targets = _record_observations(rows.take(targets, alive))
        self._steps += 1
        return self._report()

    def _reset(self) -> None:
        self._steps = 0
        self._initiated = 0
        self.targets = self._initiate(no_detections())

    def _associate(
        self,
        targets: Targets,
        candidates: np.ndarray,
        box: np.ndarray,
        detections: Detections,
        bonus: np.ndarray | float = 0.0,
    ) -> tuple[Targets, Detections]:
        """Return the targets after an association, and the unmatched detections.

        Args:
            candidates: Rows of the targets that take part.
            box: Expected box of each target.
            bonus: Added to the IoU, one row per candidate.
        """
        iou = box_iou(box[candidates][:, None], detections.box)
        comparable = same_class(targets.status.class_id[candidates], detections.class_id)
        iou = np.where(comparable, iou, -np.inf)
        row, column = match_overlapping(iou, self._options.iou_threshold, bonus)
        remaining = detections.take(unmatched(len(detections.score), column))
        matched = candidates[row]
        updated = _update(rows.take(targets, matched), detections.take(column))
        return rows.put(targets, matched, updated), remaining

    def _initiate(self, detections: Detections) -> Targets:
        """Return a new target for each detection."""
        count, motion = len(detections.score), AreaAspect.initiate(detections.box)
        recent = np.full((count, self._options.delta_t, 4), np.nan)
        status = life_cycle.initiate(detections, self._initiated)
        self._initiated += count
        direction, elapsed = np.zeros((count, 2)), np.zeros(count)
        return Targets(status, detections.box, recent, direction, elapsed, motion, motion)

    def _report(self) -> TrackerOutput:
        min_hits = self._options.life.min_hits
        reported = life_cycle.is_reported(self.targets.status, min_hits, self._steps)
        targets = rows.take(self.targets, reported)
        status = targets.status
        return TrackerOutput(status.track, targets.observed, status.score, status.class_id)


def _predict(targets: Targets, elapsed: float) -> Targets:
    """Return the targets in the next frame, before any is matched."""
    motion, status = AreaAspect.predict(targets.motion, elapsed), life_cycle.predict(targets.status)
    return replace(targets, status=status, elapsed=targets.elapsed + elapsed, motion=motion)


def _update(targets: Targets, detections: Detections) -> Targets:
    """Return the targets after each was matched to its detection."""
    motion = _re_update(targets, detections.box)
    return Targets(
        life_cycle.mark_matched(targets.status, detections.score),
        detections.box,
        targets.recent,
        _direction(_reference_box(targets), detections.box),
        np.zeros_like(targets.elapsed),
        motion,
        motion,
    )


def _re_update(targets: Targets, box: np.ndarray) -> Motion:
    """Return the filter states of targets that are matched again (ORU).

    The filter is rolled back to the latest detection, and from there updated in every frame with a
    virtual box on the straight line to the new one. Without a gap this is one prediction and one
    update.
    """
    motion, frames = targets.last_updated, targets.status.missed
    for step in range(1, frames.max(initial=0) + 1):
        unfinished = np.flatnonzero(frames >= step)
        share = (step / frames[unfinished])[:, None]
        virtual = (1 - share) * targets.observed[unfinished] + share * box[unfinished]
        elapsed = (targets.elapsed / frames)[unfinished, None]
        predicted = AreaAspect.predict(rows.take(motion, unfinished), elapsed)
        motion = rows.put(motion, unfinished, AreaAspect.update(predicted, virtual))
    return motion


def _momentum(targets: Targets, detections: Detections) -> np.ndarray:
    """Return the agreement of each pair with the target's direction, (N, M) in 0 .. 1 (OCM)."""
    towards = _direction(_reference_box(targets)[:, None], detections.box)
    cosine = (targets.direction[:, None] * towards).sum(axis=2)
    agreement: np.ndarray = 1 - np.arccos(np.clip(cosine, -1, 1)) / np.pi
    return agreement


def _reference_box(targets: Targets) -> np.ndarray:
    """Return the boxes that directions start from, (N, 4): the oldest recent observations.

    For a target without a recent observation it is the latest one.
    """
    oldest_first = targets.recent[:, ::-1]
    observed = ~np.isnan(oldest_first[:, :, 0])
    oldest = oldest_first[np.arange(len(observed)), observed.argmax(axis=1)]
    return np.where(observed.any(axis=1)[:, None], oldest, targets.observed)


def _direction(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the unit vector between the centres of boxes, 0 where the centres are equal."""
    shift = (end[..., :2] + end[..., 2:] - start[..., :2] - start[..., 2:]) / 2
    length = np.linalg.norm(shift, axis=-1, keepdims=True)
    return np.divide(shift, length, out=np.zeros_like(shift), where=length > 0)


def _record_observations(targets: Targets) -> Targets:
    """Return the targets with this frame's observations first among the recent ones."""
    latest = np.where((targets.status.missed == 0)[:, None], targets.observed, np.nan)
    recent = np.concatenate([latest[:, None], targets.recent[:, :-1]], axis=1)
    return replace(targets, recent=recent)
