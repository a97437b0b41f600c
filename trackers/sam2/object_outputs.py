"""SAM 2's outputs for the objects of a frame, as the networks, sessions and methods share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from trackers.engines.contract import Arrays
from trackers.parts.dense_masks import object_boxes


@dataclass(frozen=True)
class ObjectOutputs:
    """The outputs for B objects, one row for each. The arrays are never modified.

    Args:
        arrays: Where the arrays of `found` are kept.
        side: L, side of the grid of logits.
        size: Height and width of the image, in pixels.
        identities: Track ids, in the order of the rows.
        found: Outputs of the networks by name: `logits` (B, L, L), above 0 on the object; `iou`
            (B,), predicted IoU; `presence` (B,), SAM 2's object score, above 0 for a visible
            object; `pointer` (B, C). Empty without objects.
        prompted: (B,) bool, whether the outputs come from a prompt in this frame.
        masks: (B, height, width) bool, set by `with_masks`; None without.
    """

    arrays: Arrays
    side: int
    size: tuple[int, int]
    identities: tuple[int, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)
    prompted: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    masks: np.ndarray | None = None

    @property
    def identity(self) -> np.ndarray:
        """Track ids, (B,) int64."""
        return np.array(self.identities, np.int64)

    @cached_property
    def iou(self) -> np.ndarray:
        """Predicted IoU of each mask, (B,) float32."""
        return self._numbers("iou")

    @cached_property
    def presence(self) -> np.ndarray:
        """Object scores, (B,) float32, above 0 for a visible object."""
        return self._numbers("presence")

    @property
    def logits(self) -> np.ndarray:
        """Mask logits, (B, L, L) float32."""
        if "logits" in self.found:
            return self.arrays.get(self.found["logits"])
        return np.zeros((0, self.side, self.side), np.float32)

    @cached_property
    def boxes(self) -> np.ndarray:
        """Boxes of the objects, (B, 4) in pixels, at the resolution of the grid of logits.

        The box of an empty mask is zeros.
        """
        masks = self.logits > 0
        rows, located = object_boxes(masks)
        box = np.zeros((len(masks), 4))
        box[rows] = located * np.tile(np.array(self.size[::-1]) / masks.shape[:0:-1], 2)
        return box

    @cached_property
    def located(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the masks that are not empty, (K,), and the boxes of their objects, (K, 4)."""
        assert self.masks is not None
        return object_boxes(self.masks)

    def row(self, identity: int) -> int:
        """Return the row of an object; raise KeyError for an unknown track id."""
        if identity not in self.identities:
            raise KeyError(identity)
        return self.identities.index(identity)

    def take(self, rows: np.ndarray) -> ObjectOutputs:
        """Return the outputs of the objects in some rows, (M,)."""
        return replace(
            self,
            identities=tuple(self.identities[row] for row in rows.tolist()),
            found={name: array[rows] for name, array in self.found.items()},
            prompted=self.prompted[rows],
            masks=None if self.masks is None else self.masks[rows],
        )

    def with_prompts(self, outputs: Mapping[int, tuple[Mapping[str, Any], int]]) -> ObjectOutputs:
        """Return the outputs updated by those of prompted objects.

        Args:
            outputs: By track id, the outputs of a network by name, and the object's row in them.
                New objects are appended in this order.
        """
        new = [identity for identity in outputs if identity not in self.identities]
        identities, prompted = (*self.identities, *new), [*self.prompted, *[True] * len(new)]
        found: dict[str, Any] = {}
        for name in next(iter(outputs.values()))[0] if outputs else self.found:
            parts = [self.found[name]] if name in self.found else []
            parts += [outputs[each][0][name][outputs[each][1] :][:1] for each in new]
            found[name] = self.arrays.concatenate(parts)
        for identity, (output, row) in outputs.items():
            own = identities.index(identity)
            prompted[own] = True
            for name, array in found.items():
                array[own] = output[name][row]
        return replace(self, identities=identities, found=found, prompted=np.array(prompted, bool))

    def with_rows(self, replaced: Mapping[int, ObjectOutputs]) -> ObjectOutputs:
        """Return the outputs with some objects replaced by single rows and marked unprompted."""
        if not replaced:
            return self
        prompted = self.prompted.copy()
        found = {name: self.arrays.concatenate([array]) for name, array in self.found.items()}
        for identity, other in replaced.items():
            row = self.row(identity)
            prompted[row] = False
            for name, array in other.found.items():
                found[name][row] = array[0]
        return replace(self, found=found, prompted=prompted)

    def without(self, identity: int) -> ObjectOutputs:
        """Return the outputs without an object; the last object moves to its row."""
        rows = np.arange(len(self.identities))
        rows[self.row(identity)] = rows[-1]
        return (
            self.take(rows[:-1])
            if len(rows) > 1
            else ObjectOutputs(self.arrays, self.side, self.size)
        )

    def with_masks(self, masks: np.ndarray) -> ObjectOutputs:
        """Return the outputs with masks at the image's resolution in place of the logits."""
        found = {name: self.found[name] for name in ("iou", "presence") if name in self.found}
        return replace(self, found=found, masks=masks)

    def scattered(self, rows: np.ndarray, count: int) -> ObjectOutputs:
        """Return these outputs, which have masks, as the rows (B,) of an array of `count` rows.

        The other rows have track id -1, an empty mask and zeros as scores.
        """
        assert self.masks is not None
        identity, prompted = np.full(count, -1), np.zeros(count, bool)
        masks = np.zeros((count, *self.size), bool)
        identity[rows], prompted[rows], masks[rows] = self.identity, self.prompted, self.masks
        found = {name: self.arrays.zeros((count,)) for name in ("iou", "presence")}
        for name, array in self.found.items():
            found[name][rows] = array
        return replace(
            self, identities=tuple(identity.tolist()), found=found, prompted=prompted, masks=masks
        )

    def _numbers(self, name: str) -> np.ndarray:
        return self.arrays.get(self.found[name]) if self.found else np.zeros(0, np.float32)
