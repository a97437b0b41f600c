"""The life of a target: tentative, active, inactive, gone.

A detection without a target makes one, unless it overlaps another target by more than
`minIouDiff4NewTarget` or there are `maxTargetsPerStream` already. A tentative target that is not
found again for `earlyTerminationAge` frames is gone; one that is older than `probationAge` is
active, and told of. A target without a detection, or of which the model is not sure, is inactive:
followed in the shadow, not told of, and gone when it was without a detection for more than
`maxShadowTrackingAge` frames. In a frame in which the detector does not run nobody is without.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.methods.masktracker.motion import Noise, boxes
from trackers.methods.masktracker.options import Life
from trackers.parts import rows
from trackers.parts.kalman import Motion

TENTATIVE, ACTIVE, INACTIVE = 0, 1, 2


@dataclass(frozen=True)
class Targets:
    """One row a target, (N,) each.

    Args:
        track: Identity, from 0.
        age: Frames since it was born, that one counted.
        shadow: Frames in a row without a detection.
        state: TENTATIVE, ACTIVE or INACTIVE.
        motion: Of its box.
    """

    track: np.ndarray
    class_id: np.ndarray
    age: np.ndarray
    shadow: np.ndarray
    state: np.ndarray
    motion: Motion

    @classmethod
    def none(cls, noise: Noise) -> Targets:
        """Return targets of which there are none."""
        nothing = np.zeros(0, np.int64)
        motion = noise.begin(np.zeros((0, 4)))
        return cls(nothing, nothing, nothing, nothing, nothing, motion)

    def grow(
        self, matched: np.ndarray, sure: np.ndarray, life: Life, *, detected: bool
    ) -> tuple[Targets, np.ndarray]:
        """Return the targets a frame later, and which of them are gone, (N,) bool.

        Args:
            matched: (N,) bool, those with a detection.
            sure: (N,) bool, those that the model is sure of.
            detected: Whether the detector ran.
        """
        shadow = np.where(matched, 0, self.shadow + 1) if detected else self.shadow
        age = self.age + 1
        tentative = self.state == TENTATIVE
        early, late = life.early_termination_age, life.max_shadow_tracking_age
        gone = np.where(tentative, shadow >= early, shadow > late)
        on = sure & (shadow == 0)
        state = np.where(on, ACTIVE, INACTIVE)
        state = np.where(tentative & (age <= life.probation_age), TENTATIVE, state)
        return replace(self, age=age, shadow=shadow, state=state), gone

    def born(
        self, found: Detections, free: np.ndarray, first: int, life: Life, noise: Noise
    ) -> Targets:
        """Return a target for each detection that makes one, the surest first.

        Args:
            found: All detections.
            free: (M,) bool, those of no target.
            first: The next identity.
        """
        box = boxes(self.motion)
        chosen: list[int] = []
        for row in np.argsort(-found.score, kind="stable"):
            if not free[row] or len(self.track) + len(chosen) >= life.max_targets_per_stream:
                continue
            if box_iou(box, found.box[row]).max(initial=0) > life.min_iou_diff_4_new_target:
                continue
            chosen.append(int(row))
            box = np.concatenate([box, found.box[[row]]])
        new = found.take(np.array(chosen, np.int64))
        count = len(new.score)
        state = np.full(count, TENTATIVE if life.probation_age >= 1 else ACTIVE)
        return Targets(
            first + np.arange(count),
            new.class_id,
            np.ones(count, np.int64),
            np.zeros(count, np.int64),
            state,
            noise.begin(new.box),
        )


def without(targets: Targets, gone: np.ndarray) -> Targets:
    """Return the targets that are not gone."""
    return rows.take(targets, ~gone)
