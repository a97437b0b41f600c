"""Objects of an image, with masks and vectors: the networks, and the choice of boxes between them.

Source: He et al., Mask R-CNN, ICCV 2017; Lin et al., Feature Pyramid Networks, CVPR 2017. With the
convention `torchvision` the boxes and masks are those of torchvision's own Mask R-CNN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackers.engines.contract import Arrays, Engine
from trackers.mask_rcnn.boxes import clip, decode, exclusive, level_of, make_anchors, surest
from trackers.mask_rcnn.card import Card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.fit import fit
from trackers.mask_rcnn.options import Limits
from trackers.mask_rcnn.paste import paste
from trackers.mask_rcnn.sizes import BOXES, LEVELS, SIZES, STRIDES
from trackers.profiling.stages import stage

_PROPOSAL, _OBJECT = (1.0, 1.0, 1.0, 1.0), (10.0, 10.0, 5.0, 5.0)  # what deltas are divided by
PROPOSALS = 200  # of a level, and of all together
_PROPOSAL_OVERLAP = 0.7  # at most, as IoU, of two of a level
_SMALL_PROPOSAL, _SMALL_OBJECT = 1e-3, 1e-2  # sides that count as nothing
_NOWHERE = np.array([[0, 0, 1, 1]], np.float32)  # fills a level without boxes


@dataclass(frozen=True)
class Objects:
    """What is in an image, surest first.

    Args:
        box: (N, 4) in its pixels.
        score: (N,).
        label: (N,) int64, the number of the class.
    """

    box: np.ndarray
    score: np.ndarray
    label: np.ndarray


class Segmenter:
    """The networks, and the image they saw last.

    Args:
        engines: By name, see `modules.py`.
        arrays: Of those.
    """

    def __init__(
        self, engines: Mapping[str, Engine], arrays: Arrays, card: Card, limits: Limits
    ) -> None:
        self.card, self._limits = card, limits
        self._engines, self._arrays = engines, arrays
        self._convention = CONVENTIONS[card.convention]
        size = SIZES[card.size]
        self._anchors = [
            make_anchors(card.input, stride, side, size.ratios, self._convention)
            for stride, side in zip(STRIDES, size.anchors, strict=True)
        ]
        self._features: dict[str, Any] = {}
        self._scale = np.ones(4, np.float32)
        self._size = self._fitted = (0, 0)
        self._box, self._label = np.zeros((0, 4), np.float32), np.zeros(0, np.int64)

    @stage("detect")
    def look(self, image: np.ndarray) -> Objects:
        """Return the objects in an image, (height, width, 3) uint8 RGB."""
        found = self._engines["pyramid"](image=self._arrays.put(self._prepare(image)))
        self._features = {name: found[name] for name in LEVELS}
        proposals = self._propose(found)
        answer = self._ask("classify", proposals)
        self._box, score, self._label = self._choose(proposals, answer["logits"], answer["moves"])
        return Objects(exclusive(self._box / self._scale, self._convention), score, self._label)

    @stage("embed")
    def vectors(self) -> np.ndarray:
        """Return what tells the objects apart, (N, D)."""
        return self._ask("embed", self._box)["vectors"]

    @stage("segment")
    def masks(self, rows: np.ndarray) -> np.ndarray:
        """Return the masks of some of the objects, (K, height, width) bool."""
        logits = self._ask("segment", self._box[rows])["masks"]
        own = logits[np.arange(len(rows)), self._label[rows] + 1]
        box = self._box[rows] / self._scale
        return paste(1 / (1 + np.exp(-own)), box, self._size, self._convention)

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        filled, fitted = fit(image, self.card)
        self._size, self._fitted = (image.shape[0], image.shape[1]), fitted
        down, across = (new / old for new, old in zip(fitted, self._size, strict=True))
        self._scale = np.array([across, down, across, down], np.float32)
        return filled[None]

    def _propose(self, found: Mapping[str, Any]) -> np.ndarray:
        """Return boxes that may hold an object, (P, 4)."""
        boxes, scores, levels = [], [], []
        for number, anchors in enumerate(self._anchors):
            logits = self._arrays.get(found[f"objectness{number}"])
            first = np.argsort(-logits, kind="stable")[:PROPOSALS]
            deltas = self._arrays.get(found[f"deltas{number}"])[first, None]
            box = decode(deltas, anchors[first], _PROPOSAL, self._convention)[:, 0]
            boxes.append(clip(box, *self._fitted, self._convention))
            scores.append(logits[first])
            levels.append(np.full(len(first), number))
        box, score, level = (np.concatenate(each) for each in (boxes, scores, levels))
        large = self._larger(box, _SMALL_PROPOSAL)
        box, score, level = box[large], score[large], level[large]
        whole = exclusive(box, self._convention)
        kept = surest(whole, score, level, _PROPOSAL_OVERLAP)
        return box[kept[:PROPOSALS]]

    def _choose(
        self, proposals: np.ndarray, logits: np.ndarray, moves: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return boxes, scores and classes of the objects."""
        limits, classes = self._limits, logits.shape[1]
        share = np.exp(logits - logits.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        moves = moves.reshape(len(moves), classes, 4)
        box = clip(
            decode(moves, proposals, _OBJECT, self._convention), *self._fitted, self._convention
        )
        row, label = np.nonzero(share[:, 1:] > limits.min_score)
        box, score = box[row, label + 1], share[row, label + 1]
        large = self._larger(box, _SMALL_OBJECT)
        box, score, label = box[large], score[large], label[large]
        kept = surest(exclusive(box, self._convention), score, label, limits.max_overlap)
        kept = kept[: limits.max_objects]
        return box[kept], score[kept].astype(np.float64), label[kept]

    def _larger(self, box: np.ndarray, side: float) -> np.ndarray:
        size = exclusive(box, self._convention)[:, 2:] - box[:, :2]
        found: np.ndarray = (size >= side).all(1)
        return found

    def _ask(self, name: str, box: np.ndarray) -> dict[str, np.ndarray]:
        """Return what a network says of boxes (N, 4) of the input, in their order."""
        level = level_of(box, self._convention)
        rows = [np.flatnonzero(level == number) for number in range(len(BOXES))]
        parts = {
            place: self._arrays.put(np.concatenate([box[each], _NOWHERE]).astype(np.float32))
            for place, each in zip(BOXES, rows, strict=True)
        }
        found = self._engines[name](**self._features, **parts)
        ends = np.cumsum([len(each) + 1 for each in rows]) - 1
        order = np.argsort(np.concatenate(rows), kind="stable")
        return {
            key: np.delete(self._arrays.get(array), ends, axis=0)[order]
            for key, array in found.items()
        }
