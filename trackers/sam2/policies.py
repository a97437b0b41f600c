"""Memory policies, which select the masks that become memories, and overlap policies.

`sam2` keeps every mask. `ds` follows DeepStream's MaskTracker, as far as it is documented, with its
parameters and their default values. `samurai` keeps reliable masks: Yang et al., SAMURAI, arXiv
2411.11922, with the authors' thresholds. `present` applies only one of their three conditions, but
to pointers as well; the other policies keep the pointers of every frame.

An overlap policy decides which object gets a pixel that several objects claim.
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
_SUPPRESSED = -10.0  # maximum logit of a pixel that another object got, as in SAM 2
_MIN_LEFT = 0.3  # minimum share of its mask that an object keeps; below it the object is occluded


class WritePolicy(Protocol):
    """Select the masks of a frame that become memories; masks of a prompt always do.

    Args:
        pointers: Whether the pointers of all objects are kept, whatever the policy selects.
    """

    pointers: bool

    def start(self) -> None:
        """Reset the policy for a new video."""

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return whether each object's mask is kept, (B,) bool. Called once per frame, in order."""


class Always:
    """Keep every mask, as SAM 2 does."""

    pointers = True

    def start(self) -> None:
        """Do nothing."""

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return True for every object."""
        return np.ones(len(outputs.identity), bool)


class DeepStream:
    """Keep masks of confident objects that overlap no other, at a fixed interval of frames."""

    pointers = True

    def __init__(self, options: DeepStreamMemory) -> None:
        self._options = options
        self.start()

    def start(self) -> None:
        """Reset the count of frames."""
        self._frame = -1

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return the confident and isolated objects; none between two updates."""
        self._frame += 1
        if self._frame % self._options.mask_memory_update_interval:
            return np.zeros(len(outputs.identity), bool)
        box = outputs.boxes
        overlap = box_iou(box[:, None], box)
        np.fill_diagonal(overlap, 0)
        confident = outputs.iou >= self._options.min_memory_update_confidence
        return confident & (overlap.max(1, initial=0) <= self._options.min_iou_diff_4_memory_update)


class Present:
    """Keep masks of visible objects, so that an occluded object keeps its earlier memories."""

    pointers = False

    def start(self) -> None:
        """Do nothing."""

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return the objects whose object score is above 0."""
        return outputs.presence > 0


class Samurai:
    """Keep masks of objects that are confident, visible, and where their motion predicts them.

    Args:
        iou: Threshold of the predicted IoU, which must be above it.
        presence: Threshold of the object score.
        motion: Threshold of the IoU between the mask's box and a Kalman filter's prediction.
    """

    pointers = True

    def __init__(self, iou: float = 0.5, presence: float = 0.0, motion: float = 0.0) -> None:
        self._iou, self._presence, self._motion = iou, presence, motion
        self.start()

    def start(self) -> None:
        """Discard the motion states of all objects."""
        self._states: dict[int, Motion] = {}

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return the objects whose three scores are all above their thresholds."""
        boxes = outputs.boxes
        motion = np.array(
            [self._update(*each) for each in zip(outputs.identity.tolist(), boxes, strict=True)]
        ).reshape(-1)
        self._states = {name: self._states[name] for name in outputs.identity.tolist()}
        return (
            (outputs.iou > self._iou)
            & (outputs.presence > self._presence)
            & (motion > self._motion)
        )

    def _update(self, identity: int, box: np.ndarray) -> float:
        """Return the IoU of a box with its prediction, and update the object's motion state."""
        visible = (box[2:] > box[:2]).all()
        if identity not in self._states:
            first = box if visible else np.array([0.0, 0.0, 1.0, 1.0])
            self._states[identity] = AspectHeight.initiate(first[None])
            return float(visible)
        state = AspectHeight.predict(self._states[identity])
        score = float(box_iou(AspectHeight.box(state)[0], box)) if visible else 0.0
        self._states[identity] = AspectHeight.update(state, box[None]) if visible else state
        return score


def make_write_policy(name: str) -> WritePolicy:
    """Return a memory policy by name, with its default values; ValueError for an unknown name."""
    known: dict[str, Callable[[], WritePolicy]] = {
        "sam2": Always,
        "ds": lambda: DeepStream(DeepStreamMemory()),
        "samurai": Samurai,
        "present": Present,
    }
    if name not in known:
        raise ValueError(f"memory policy: expected one of {list(known)}, found {name!r}")
    return known[name]()


def non_overlapping_logits(logits: Any, number: Any, kept: Any) -> tuple[Any, Any]:
    """Return logits in which no two objects claim a pixel, and the objects that are occluded.

    Each pixel goes to the object with the largest logit. Logits of the other objects are lowered to
    at most -10 there, as SAM 2 does before it encodes memories (`non_overlap_masks_for_mem_enc`).

    Args:
        logits: (B, L, L), above 0 on each object, as numpy or on a device.
        number: (B,), the numbers from 0 to B - 1, on the same device.
        kept: (B,) bool, objects whose logits are not changed, such as prompted ones: a prompted
            object could otherwise lose all pixels that others claim.

    Returns:
        The logits, and whether less than 30 % of each object's mask is left, (B,) bool.
    """
    own = (logits.argmax(0) == number[:, None, None]) | kept[:, None, None]
    separated = own * logits + ~own * logits.clip(max=_SUPPRESSED)
    claimed, left = ((each > 0).sum((1, 2)) for each in (logits, separated))
    return separated, left < _MIN_LEFT * claimed


def non_overlapping_masks(
    policy: str, masks: np.ndarray, best: np.ndarray, score: np.ndarray
) -> np.ndarray:
    """Return masks of which no two share a pixel, unless the policy is `none`.

    Args:
        policy: Which object gets a pixel: all that claim it (`none`), the one with the largest
            logit (`argmax_logit`) or the largest score (`score_priority`).
        masks: (B, height, width) bool.
        best: (height, width) int64, the object with the largest logit at each pixel.
        score: (B,).

    Raises:
        ValueError: The policy is unknown.
    """
    if policy not in OVERLAPS:
        raise ValueError(f"overlap policy: expected one of {list(OVERLAPS)}, found {policy!r}")
    if policy == "argmax_logit":
        return masks & (best == np.arange(len(masks))[:, None, None])
    if policy == "score_priority":
        free = np.ones(masks.shape[1:], bool)
        separated = np.zeros_like(masks)
        for row in np.argsort(-score, kind="stable"):
            separated[row] = masks[row] & free
            free &= ~masks[row]
        return separated
    return masks
