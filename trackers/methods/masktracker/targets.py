"""Target life cycle of DeepStream: tentative, active, inactive, terminated.

An unmatched detection initiates a target, unless its IoU with another target exceeds
`minIouDiff4NewTarget` or there are `maxTargetsPerStream` targets already. A tentative target is
terminated after `earlyTerminationAge` frames without a detection; one older than `probationAge`
becomes active and is reported. A target without a detection, or whose mask has a low confidence,
is inactive: it is tracked in shadow mode, not reported, and terminated once it had no detection for
more than `maxShadowTrackingAge` frames. Frames in which the detector does not run count as misses
for no target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.methods.masktracker.motion import BoxFilter, boxes
from trackers.methods.masktracker.options import TargetManagement
from trackers.parts import rows
from trackers.parts.detections import count_beyond_maximum
from trackers.parts.kalman import Motion

TENTATIVE, ACTIVE, INACTIVE = 0, 1, 2


@dataclass(frozen=True)
class Targets:
    """One row per target, (N,) each.

    Args:
        track: Track ids, from 0.
        age: Frames since initiation, the first one counted.
        shadow: Consecutive frames without a detection, DeepStream's shadow tracking age.
        state: TENTATIVE, ACTIVE or INACTIVE.
        motion: State of the box filter.
    """

    track: np.ndarray
    class_id: np.ndarray
    age: np.ndarray
    shadow: np.ndarray
    state: np.ndarray
    motion: Motion

    @classmethod
    def none(cls, box_filter: BoxFilter) -> Targets:
        """Return an empty table of targets."""
        empty = np.zeros(0, np.int64)
        motion = box_filter.initiate(np.zeros((0, 4)))
        return cls(empty, empty, empty, empty, empty, motion)

    def advance(
        self,
        matched: np.ndarray,
        confident: np.ndarray,
        options: TargetManagement,
        *,
        detected: bool,
    ) -> tuple[Targets, np.ndarray]:
        """Return the targets one frame older, and which of them are terminated, (N,) bool.

        Args:
            matched: (N,) bool, targets with a detection.
            confident: (N,) bool, targets whose mask has a sufficient confidence.
            detected: Whether the detector ran.
        """
        shadow = np.where(matched, 0, self.shadow + 1) if detected else self.shadow
        age = self.age + 1
        tentative = self.state == TENTATIVE
        early, late = options.early_termination_age, options.max_shadow_tracking_age
        terminated = np.where(tentative, shadow >= early, shadow > late)
        state = np.where(confident & (shadow == 0), ACTIVE, INACTIVE)
        state = np.where(tentative & (age <= options.probation_age), TENTATIVE, state)
        return replace(self, age=age, shadow=shadow, state=state), terminated

    def initiate(
        self,
        detections: Detections,
        free: np.ndarray,
        first: int,
        options: TargetManagement,
        box_filter: BoxFilter,
    ) -> Targets:
        """Return the new targets that detections initiate, in descending order of score.

        Args:
            detections: All detections of the frame.
            free: (M,) bool, detections without a target.
            first: Track id of the first new target.
        """
        box = boxes(self.motion)
        chosen: list[int] = []
        for row in np.argsort(-detections.score, kind="stable"):
            iou = box_iou(box, detections.box[row])
            if free[row] and iou.max(initial=0) <= options.min_iou_diff_4_new_target:
                chosen.append(int(row))
                box = np.concatenate([box, detections.box[[row]]])
        remaining = max(options.max_targets_per_stream - len(self.track), 0)
        count_beyond_maximum(len(chosen[remaining:]), "max_targets_per_stream")
        new = detections.take(np.array(chosen[:remaining], np.int64))
        count = len(new.score)
        state = np.full(count, TENTATIVE if options.probation_age >= 1 else ACTIVE)
        return Targets(
            first + np.arange(count),
            new.class_id,
            np.ones(count, np.int64),
            np.zeros(count, np.int64),
            state,
            box_filter.initiate(new.box),
        )


def without(targets: Targets, terminated: np.ndarray) -> Targets:
    """Return the targets that are not terminated."""
    return rows.take(targets, ~terminated)
