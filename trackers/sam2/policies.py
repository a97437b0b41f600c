"""Which masks become memories, and whom a pixel belongs to that several objects claim.

`sam2` remembers every mask. `ds` is what DeepStream's MaskTracker does, with its parameters and the
values it ships, as far as they are documented. `samurai` remembers what is sure: Yang et al.,
SAMURAI, arXiv 2411.11922, with the thresholds of its authors; `present` only one of their three
conditions, for pointers too. The others remember the pointers of every frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, get_args

import numpy as np

from datasets.overlap import box_iou
from trackers.parts.box_motion import AspectHeight
from trackers.parts.kalman import Motion
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.options import DeepStreamMemory, Overlap

OVERLAPS = get_args(Overlap)
_TAKEN = -10.0  # largest logit of an object's pixels that are another's, as SAM 2 has it
_LEFT = 0.3  # share of its mask that an object must be left with


class WritePolicy(Protocol):
    """Says which masks of a frame become memories; those of a prompt do anyhow.

    Args:
        pointers: Whether the pointers of the other objects are remembered nevertheless.
    """

    pointers: bool

    def start(self) -> None:
        """Forget everything."""

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return which objects' masks are remembered, (B,) bool; called once a frame, in order."""


class Always:
    """Every mask, as SAM 2."""

    pointers = True

    def start(self) -> None:
        """Do nothing."""

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return all."""
        return np.ones(len(outputs.identity), bool)


class DeepStream:
    """What is sure, alone where it is, and every so many frames."""

    pointers = True

    def __init__(self, options: DeepStreamMemory) -> None:
        self._options = options
        self.start()

    def start(self) -> None:
        """Forget which frame it is."""
        self._frame = -1

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return the objects that are sure and stand apart, none between two updates."""
        self._frame += 1
        if self._frame % self._options.mask_memory_update_interval:
            return np.zeros(len(outputs.identity), bool)
        box = outputs.boxes
        shared = box_iou(box[:, None], box)
        np.fill_diagonal(shared, 0)
        sure = outputs.iou >= self._options.min_memory_update_confidence
        return sure & (shared.max(1, initial=0) <= self._options.min_iou_diff_4_memory_update)


class Present:
    """What is there: while an object is hidden, the memories of what it looked like stay."""

    pointers = False

    def start(self) -> None:
        """Do nothing."""

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return the objects whose score of presence is above 0."""
        return outputs.presence > 0


class Samurai:
    """What is sure, present, and where its motion led one to expect it.

    Args:
        iou: The predicted IoU must be above this.
        presence: So must the score of presence.
        motion: And the IoU of the mask's box with the one a Kalman filter predicts.
    """

    pointers = True

    def __init__(self, iou: float = 0.5, presence: float = 0.0, motion: float = 0.0) -> None:
        self._iou, self._presence, self._motion = iou, presence, motion
        self.start()

    def start(self) -> None:
        """Forget how everything moves."""
        self._beliefs: dict[int, Motion] = {}

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return the objects all of whose scores are above the thresholds."""
        boxes = outputs.boxes
        moved = np.array(
            [self._follow(*each) for each in zip(outputs.identity.tolist(), boxes, strict=True)]
        ).reshape(-1)
        self._beliefs = {name: self._beliefs[name] for name in outputs.identity.tolist()}
        return (
            (outputs.iou > self._iou) & (outputs.presence > self._presence) & (moved > self._motion)
        )

    def _follow(self, identity: int, box: np.ndarray) -> float:
        """Return how well a box fits the motion so far, from 0 to 1, and learn from it."""
        there = (box[2:] > box[:2]).all()
        if identity not in self._beliefs:
            begin = box if there else np.array([0.0, 0.0, 1.0, 1.0])
            self._beliefs[identity] = AspectHeight.begin(begin[None])
            return float(there)
        belief = AspectHeight.predict(self._beliefs[identity])
        fits = float(box_iou(AspectHeight.box(belief)[0], box)) if there else 0.0
        self._beliefs[identity] = AspectHeight.update(belief, box[None]) if there else belief
        return fits


def make_write_policy(name: str) -> WritePolicy:
    """Return a policy by its name, with its own values; ValueError if there is none such."""
    known: dict[str, Callable[[], WritePolicy]] = {
        "sam2": Always,
        "ds": lambda: DeepStream(DeepStreamMemory()),
        "samurai": Samurai,
        "present": Present,
    }
    if name not in known:
        raise ValueError(f"memory policy {name!r} is unknown: expected one of {list(known)}")
    return known[name]()


def undisputed(logits: Any, number: Any, kept: Any) -> tuple[Any, Any]:
    """Return logits by which no two objects claim a pixel, and who has lost most of his mask.

    A pixel is of the object of largest logit; those of the others fall to -10 there. So SAM 2
    does it before it makes memories (`non_overlap_masks_for_mem_enc`).

    Args:
        logits: (B, L, L), above 0 on each object, numpy or on a device.
        number: (B,) from 0 on, in the same place.
        kept: (B,) bool, whose logits stay as they are: those of a prompt, of whom else nothing may
            be left but what others claim.

    Returns:
        The logits, and for each object whether less than 30 % of its mask is left, (B,) bool.
    """
    own = (logits.argmax(0) == number[:, None, None]) | kept[:, None, None]
    parted = own * logits + ~own * logits.clip(max=_TAKEN)
    claimed, left = ((each > 0).sum((1, 2)) for each in (logits, parted))
    return parted, left < _LEFT * claimed


def share_out(policy: str, masks: np.ndarray, best: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return masks of which no two share a pixel, unless the policy is `none`.

    Args:
        policy: `none`, `argmax_logit`: a pixel is of the object of largest logit, or
            `score_priority`: of that of largest score.
        masks: (B, height, width) bool.
        best: (height, width) int64, the object of largest logit of each pixel.
        score: (B,).

    Raises:
        ValueError: There is no such policy.
    """
    if policy not in OVERLAPS:
        raise ValueError(f"overlap policy {policy!r} is unknown: expected one of {list(OVERLAPS)}")
    if policy == "argmax_logit":
        return masks & (best == np.arange(len(masks))[:, None, None])
    if policy == "score_priority":
        free = np.ones(masks.shape[1:], bool)
        shared = np.zeros_like(masks)
        for row in np.argsort(-score, kind="stable"):
            shared[row] = masks[row] & free
            free &= ~masks[row]
        return shared
    return masks
