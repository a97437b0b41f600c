"""DeepSORT without appearance: the matching cascade on motion, then IoU for who was just seen.

Source: Wojke et al., ICIP 2017, section 2. The paper's association cost is a weighted sum of the
motion and the appearance distance; this is its case lambda = 1, motion alone. Written from the
paper; the 0.95 quantile of the chi-square distribution gates, as there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import Answer
from trackers.parts import rows
from trackers.parts.assignment import match, unmatched
from trackers.parts.box_motion import AspectHeight
from trackers.parts.detections import no_detections, same_class, select, suppress
from trackers.parts.kalman import Motion

_GATE = 9.4877  # 0.95 quantile of chi-square with four degrees of freedom


def build(
    *,
    min_confidence: float = 0.3,
    nms_max_overlap: float = 1.0,
    max_iou_distance: float = 0.7,
    max_age: int = 30,
    n_init: int = 3,
    report_coasted: bool = False,
) -> DeepSort:
    """Return a DeepSORT tracker; the names are those of its authors.

    Args:
        min_confidence: Detections below it are not looked at.
        nms_max_overlap: See `suppress`; 1 keeps all.
        max_iou_distance: Pairs with a larger 1 - IoU are no match in the IoU stage.
        max_age: A confirmed target can be found again up to so many frames after its last
            detection.
        n_init: Detections in a row, the first included, that confirm a target.
        report_coasted: Report a target's predicted box in the first frame it is not seen, as its
            authors' program does.
    """
    limits = _Limits(min_confidence, nms_max_overlap, 1 - max_iou_distance, max_age, n_init)
    return DeepSort(limits, report_coasted)


@dataclass(frozen=True)
class _Limits:
    confidence: float
    overlap: float
    iou: float
    age: int
    hits: int


@dataclass(frozen=True)
class _Targets:
    """One row a target."""

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray  # of the last detection
    hits: np.ndarray  # detections so far
    missed: np.ndarray  # frames since the last detection
    confirmed: np.ndarray  # bool; a target that is not is tentative
    motion: Motion


class DeepSort:
    """See the module."""

    _targets: _Targets

    def __init__(self, limits: _Limits, report_coasted: bool) -> None:
        self._limits = limits
        self._told_after = 1 if report_coasted else 0
        self._forget()

    def start(self, sequence: Sequence) -> None:
        self._forget()

    def step(self, frame: Frame) -> Answer:
        seen = select(frame.detections, self._limits.confidence)
        seen = suppress(seen, self._limits.overlap)
        targets = _predict(self._targets)
        targets, left = self._cascade(targets, seen)
        targets, left = self._match_iou(targets, left)
        alive = (targets.missed == 0) | (targets.confirmed & (targets.missed <= self._limits.age))
        self._targets = rows.join(rows.take(targets, alive), self._bear(left))
        return self._report()

    def _forget(self) -> None:
        self._born = 0
        self._targets = self._bear(no_detections())

    def _cascade(self, targets: _Targets, seen: Detections) -> tuple[_Targets, Detections]:
        """Match confirmed targets within the gate, the most recently seen first."""
        missed = targets.missed
        for age in np.unique(missed[targets.confirmed & (missed <= self._limits.age)]):
            candidates = np.flatnonzero(targets.confirmed & (missed == age))
            motion = rows.take(targets, candidates).motion
            similarity = -AspectHeight.distance(motion, seen.box)
            targets, seen = self._meet(targets, candidates, seen, similarity, -_GATE)
        return targets, seen

    def _match_iou(self, targets: _Targets, seen: Detections) -> tuple[_Targets, Detections]:
        """Match tentative targets and those seen in the frame before by IoU."""
        candidates = np.flatnonzero((targets.missed == 1) | ~targets.confirmed)
        motion = rows.take(targets, candidates).motion
        iou = box_iou(AspectHeight.box(motion)[:, None], seen.box)
        return self._meet(targets, candidates, seen, iou, self._limits.iou)

    def _meet(
        self,
        targets: _Targets,
        candidates: np.ndarray,
        seen: Detections,
        similarity: np.ndarray,
        threshold: float,
    ) -> tuple[_Targets, Detections]:
        """Return the targets after a matching of `candidates`, and the detections it left."""
        old = rows.take(targets, candidates)
        alike = same_class(old.class_id, seen.class_id)
        who, what = match(np.where(alike, similarity, -np.inf), threshold)
        met, old = seen.take(what), rows.take(old, who)
        new = replace(
            old,
            score=met.score,
            hits=old.hits + 1,
            missed=np.zeros_like(old.missed),
            confirmed=old.confirmed | (old.hits + 1 >= self._limits.hits),
            motion=AspectHeight.update(old.motion, met.box),
        )
        left = seen.take(unmatched(len(seen.score), what))
        return rows.put(targets, candidates[who], new), left

    def _bear(self, seen: Detections) -> _Targets:
        """Return a new tentative target for each detection."""
        count = len(seen.score)
        track = self._born + 1 + np.arange(count)
        self._born += count
        return _Targets(
            track,
            seen.class_id,
            seen.score,
            hits=np.ones(count, np.int64),
            missed=np.zeros(count, np.int64),
            confirmed=np.full(count, self._limits.hits <= 1),
            motion=AspectHeight.begin(seen.box),
        )

    def _report(self) -> Answer:
        recent = self._targets.missed <= self._told_after
        told = rows.take(self._targets, self._targets.confirmed & recent)
        return Answer(told.track, AspectHeight.box(told.motion), told.score, told.class_id)


def _predict(targets: _Targets) -> _Targets:
    """Return the targets one frame later, as if none were seen."""
    motion = AspectHeight.predict(targets.motion)
    return replace(targets, missed=targets.missed + 1, motion=motion)
