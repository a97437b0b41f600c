"""OC-SORT: SORT that trusts what was observed more than what its filter believes.

Source: Cao et al., CVPR 2023, section 4: re-update (ORU), momentum (OCM) and recovery (OCR).
Written from the paper; parameters are its authors'. A target that was seen is reported with the box
it was seen in, not the filter's mean, as in the authors' program: the method holds observations to
be nearer the truth than a filter that assumes straight motion. Who is not seen is not reported.

Where the paper leaves a choice: the momentum of a pair is 1 for the same direction, 0 for the
opposite one and a half where a target has none yet, so that it alone matches nobody; the birth is
an observation like others. Unlike in the authors' program the detection's score does not weigh it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.oc_sort.options import Options
from trackers.parts import life, rows
from trackers.parts.assignment import match_overlapping, unmatched
from trackers.parts.box_motion import AreaAspect
from trackers.parts.detections import no_detections, same_class, select
from trackers.parts.kalman import Motion
from trackers.parts.life import Life


def build(options: Options) -> OcSort:
    """Return an OC-SORT tracker."""
    return OcSort(options)


@dataclass(frozen=True)
class _Targets:
    """One row a target."""

    life: Life
    observed: np.ndarray  # (N, 4), box of the last detection
    recent: np.ndarray  # (N, delta_t, 4), what was observed 1, 2 ... frames ago; nan for nothing
    direction: np.ndarray  # (N, 2), of unit length, or 0 where there is none
    settled: Motion  # as it was after the last detection
    motion: Motion


class OcSort:
    """See the module."""

    _targets: _Targets

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lowest = options.low_threshold if options.use_low_scores else options.min_score
        self._forget()

    def start(self, sequence: Sequence) -> None:
        self._forget()

    def step(self, frame: Frame) -> TrackerOutput:
        seen = select(frame.detections, self._lowest)
        sure = seen.score >= self._options.min_score
        targets = _predict(self._targets)
        expected, momentum = AreaAspect.box(targets.motion), _momentum(targets, seen.take(sure))
        everyone = np.arange(len(expected))
        bonus = self._options.inertia * momentum
        targets, left = self._associate(targets, everyone, expected, seen.take(sure), bonus)
        missing = np.flatnonzero(targets.life.missed > 0)
        targets, _ = self._associate(targets, missing, expected, seen.take(~sure))
        missing = np.flatnonzero(targets.life.missed > 0)
        targets, left = self._associate(targets, missing, targets.observed, left)
        targets = rows.join(targets, self._bear(left))
        self._targets = _remember(
            rows.take(targets, targets.life.missed <= self._options.life.max_age)
        )
        self._steps += 1
        return self._report()

    def _forget(self) -> None:
        self._steps = 0
        self._born = 0
        self._targets = self._bear(no_detections())

    def _associate(
        self,
        targets: _Targets,
        candidates: np.ndarray,
        box: np.ndarray,
        seen: Detections,
        bonus: np.ndarray | float = 0.0,
    ) -> tuple[_Targets, Detections]:
        """Return the targets after an association, and the detections it left.

        Args:
            candidates: Rows of the targets that take part.
            box: Where each target is looked for.
            bonus: Added to IoU, a row a candidate.
        """
        iou = box_iou(box[candidates][:, None], seen.box)
        alike = same_class(targets.life.class_id[candidates], seen.class_id)
        iou = np.where(alike, iou, -np.inf)
        who, what = match_overlapping(iou, self._options.iou_threshold, bonus)
        left = seen.take(unmatched(len(seen.score), what))
        who = candidates[who]
        return rows.put(targets, who, _see(rows.take(targets, who), seen.take(what))), left

    def _bear(self, seen: Detections) -> _Targets:
        """Return a new target for each detection."""
        count, motion = len(seen.score), AreaAspect.begin(seen.box)
        nothing = np.full((count, self._options.delta_t, 4), np.nan)
        lives = life.begin(seen, self._born)
        self._born += count
        return _Targets(lives, seen.box, nothing, np.zeros((count, 2)), motion, motion)

    def _report(self) -> TrackerOutput:
        reported = life.told(self._targets.life, self._options.life.min_hits, self._steps)
        told = rows.take(self._targets, reported)
        return TrackerOutput(told.life.track, told.observed, told.life.score, told.life.class_id)


def _predict(targets: _Targets) -> _Targets:
    """Return the targets one frame later, as if none were seen."""
    motion = AreaAspect.predict(targets.motion)
    return replace(targets, life=life.wait(targets.life), motion=motion)


def _see(targets: _Targets, seen: Detections) -> _Targets:
    """Return the targets after each saw its detection."""
    motion = _replay(targets, seen.box)
    return _Targets(
        life.meet(targets.life, seen.score),
        seen.box,
        targets.recent,
        _heading(_anchor(targets), seen.box),
        motion,
        motion,
    )


def _replay(targets: _Targets, box: np.ndarray) -> Motion:
    """Return the belief of targets that are seen again (ORU).

    The filter goes back to the last detection and from there is shown a box in each frame, on the
    straight path to the new one. Without a gap that is a prediction and an update.
    """
    motion, frames = targets.settled, targets.life.missed
    for step in range(1, frames.max(initial=0) + 1):
        under_way = np.flatnonzero(frames >= step)
        share = (step / frames[under_way])[:, None]
        virtual = (1 - share) * targets.observed[under_way] + share * box[under_way]
        expected = AreaAspect.predict(rows.take(motion, under_way))
        motion = rows.put(motion, under_way, AreaAspect.update(expected, virtual))
    return motion


def _momentum(targets: _Targets, seen: Detections) -> np.ndarray:
    """Return how well each pair keeps to the target's direction, (N, M) in 0 .. 1 (OCM)."""
    intended = _heading(_anchor(targets)[:, None], seen.box)
    cosine = (targets.direction[:, None] * intended).sum(axis=2)
    closeness: np.ndarray = 1 - np.arccos(np.clip(cosine, -1, 1)) / np.pi
    return closeness


def _anchor(targets: _Targets) -> np.ndarray:
    """Return what directions start from, (N, 4): the oldest of the recent observations.

    Of a target that has none it is the last observation.
    """
    oldest_first = targets.recent[:, ::-1]
    there = ~np.isnan(oldest_first[:, :, 0])
    oldest = oldest_first[np.arange(len(there)), there.argmax(axis=1)]
    return np.where(there.any(axis=1)[:, None], oldest, targets.observed)


def _heading(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the direction between the centres of boxes, of unit length, 0 where they agree."""
    way = (end[..., :2] + end[..., 2:] - start[..., :2] - start[..., 2:]) / 2
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    return np.divide(way, length, out=np.zeros_like(way), where=length > 0)


def _remember(targets: _Targets) -> _Targets:
    """Return the targets with this frame's observation first among the recent ones."""
    now = np.where((targets.life.missed == 0)[:, None], targets.observed, np.nan)
    recent = np.concatenate([now[:, None], targets.recent[:, :-1]], axis=1)
    return replace(targets, recent=recent)
