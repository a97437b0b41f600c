"""When people are added, shown again, hidden and removed, after SAM2MOT.

The states are by the model's score of presence: reliable, pending, suspicious or lost. Source:
Jiang et al., SAM2MOT, arXiv 2504.04519. Its figures are for SAM 2.1 large; a smaller model has its
own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.methods.yolo_sam2.options import Rules
from trackers.parts.assignment import match
from trackers.sam2.object_outputs import ObjectOutputs


def newcomers(found: Detections, left: np.ndarray, masks: np.ndarray, rules: Rules) -> list[int]:
    """Return the detections that are of somebody new, in order.

    Args:
        left: The rows of those that are of nobody.
        masks: (B, height, width) bool, of everybody.
    """
    taken: np.ndarray = np.any(masks, axis=0)
    new: list[int] = []
    height, width = taken.shape
    for row in left:
        (across, down), (right, bottom) = (
            found.box[row].reshape(2, 2).round().astype(int).clip(0, [width, height])
        )
        part = taken[down:bottom, across:right]
        if part.size and 1 - part.mean() > rules.free:
            new.append(int(row))
            part[:] = True
    return new


def partners(box: np.ndarray, found: Detections, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Return which boxes of masks (B, 4) are of which detections."""
    return match(box_iou(box[:, None], found.box), rules.match_iou)


@dataclass
class Presence:
    """How present everybody was lately; also the session's policy of what is remembered.

    Args:
        rules: The thresholds.
    """

    pointers = True

    rules: Rules
    hidden: set[int] = field(default_factory=set)
    _past: dict[int, deque[float]] = field(default_factory=dict)
    _lost: dict[int, int] = field(default_factory=dict)

    def start(self) -> None:
        """Forget everything."""
        self._past, self._lost, self.hidden = {}, {}, set()

    def note(self, outputs: ObjectOutputs) -> None:
        """Take a frame: who is lost, and whose mask is another's."""
        rules = self.rules
        for name, presence in zip(outputs.identities, outputs.presence.tolist(), strict=True):
            self._past.setdefault(name, deque(maxlen=rules.spread_frames)).append(presence)
            self._lost[name] = self._lost.get(name, 0) + 1 if presence <= rules.suspicious else 0
        self.hidden = self._hide(outputs)

    def gone(self) -> list[int]:
        """Return who was lost for too long."""
        return [name for name, frames in self._lost.items() if frames > self.rules.patience]

    def is_pending(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return who is to be shown again where they are detected, (B,) bool."""
        rules = self.rules
        return (outputs.presence > rules.pending) & (outputs.presence <= rules.reliable)

    def forget(self, names: Iterable[int]) -> None:
        """Forget people who are gone."""
        for name in names:
            self._past.pop(name, None)
            self._lost.pop(name, None)
            self.hidden.discard(name)

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return whose masks are remembered: all but those of the hidden."""
        return ~np.isin(outputs.identity, list(self.hidden))

    def _hide(self, outputs: ObjectOutputs) -> set[int]:
        coarse = (outputs.logits > 0).astype(np.float32)
        coarse = coarse.reshape(len(coarse), math.prod(coarse.shape[1:]))
        both = coarse @ coarse.T
        area = coarse.sum(1)
        either = area[:, None] + area - both
        same = np.triu((both > self.rules.collapse * either) & (either > 0), 1)
        return {self._behind(outputs, one, other) for one, other in np.argwhere(same)}

    def _behind(self, outputs: ObjectOutputs, one: int, other: int) -> int:
        """Return the one of two that is thought to be behind the other."""
        presence = outputs.presence[[one, other]]
        if abs(presence[0] - presence[1]) > self.rules.gap:
            return int(outputs.identity[(one, other)[int(presence.argmin())]])
        names = outputs.identity[[one, other]].tolist()
        spread = [float(np.std(self._past[name])) for name in names]
        if abs(spread[0] - spread[1]) > self.rules.spread:
            return int(names[int(np.argmax(spread))])
        return int(names[int(presence.argmin())])
