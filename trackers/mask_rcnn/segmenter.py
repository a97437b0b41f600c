"""Segment the objects of an image: run the networks and select boxes between them.

Source: He et al., Mask R-CNN, ICCV 2017; Lin et al., Feature Pyramid Networks, CVPR 2017. With the
convention `torchvision` the boxes and masks equal those of torchvision's own Mask R-CNN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackers.engines.contract import Arrays, Engine
from trackers.mask_rcnn.boxes import (
    clip,
    decode,
    make_anchors,
    non_maximum_suppression,
    pyramid_level,
    with_exclusive_corners,
)
from trackers.mask_rcnn.card import Card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.fit import fit
from trackers.mask_rcnn.options import Limits
from trackers.mask_rcnn.paste import paste
from trackers.mask_rcnn.sizes import BOXES, LEVELS, SIZES, STRIDES
from trackers.profiling.stages import stage

_PROPOSAL_WEIGHTS = (1.0, 1.0, 1.0, 1.0)  # divisors of the deltas
_OBJECT_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
PROPOSALS = 200  # maximum number of proposals in a level and in all levels together, and of boxes
# that a network runs on at a time
_MAX_PROPOSAL_OVERLAP = 0.7  # IoU of two proposals of a level
_MIN_PROPOSAL_SIDE, _MIN_OBJECT_SIDE = 1e-3, 1e-2  # pixels
_PADDING = np.array([[0, 0, 1, 1]], np.float32)  # an extra box, so that no level is empty


@dataclass(frozen=True)
class Objects:
    """The objects in an image, by descending score.

    Args:
        box: (N, 4), in pixels of the image.
        score: (N,), confidence.
        label: (N,) int64, the index of the class.
    """

    box: np.ndarray
    score: np.ndarray
    label: np.ndarray


class Segmenter:
    """The networks, and the features and objects of the current image.

    Args:
        engines: The networks by name, see `modules.py`.
        arrays: Where the arrays of the engines are kept.
        card: The network card.
        limits: Limits of the objects that are kept.
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
    def detect(self, image: np.ndarray) -> Objects:
        """Return the objects in an image, (height, width, 3) uint8 RGB."""
        pyramid = self._engines["pyramid"](image=self._arrays.put(self._prepare(image)))
        self._features = {name: pyramid[name] for name in LEVELS}
        proposals = self._propose(pyramid)
        classes = self._run("classify", proposals)
        self._box, score, self._label = self._select(proposals, classes["logits"], classes["moves"])
        box = with_exclusive_corners(self._box / self._scale, self._convention)
        return Objects(box, score, self._label)

    @stage("embed")
    def vectors(self) -> np.ndarray:
        """Return the embeddings of the objects for association, (N, D)."""
        return self._run("embed", self._box)["vectors"]

    @stage("segment")
    def masks(self, rows: np.ndarray) -> np.ndarray:
        """Return the masks of the objects in some rows, (K, height, width) bool."""
        logits = self._run("segment", self._box[rows])["masks"]
        own = logits[np.arange(len(rows)), self._label[rows] + 1]
        box = self._box[rows] / self._scale
        return paste(1 / (1 + np.exp(-own)), box, self._size, self._convention)

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        padded, fitted = fit(image, self.card)
        self._size, self._fitted = (image.shape[0], image.shape[1]), fitted
        y, x = (new / old for new, old in zip(fitted, self._size, strict=True))
        self._scale = np.array([x, y, x, y], np.float32)
        return padded[None]

    def _propose(self, pyramid: Mapping[str, Any]) -> np.ndarray:
        """Return the proposals, (P, 4)."""
        boxes, scores, levels = [], [], []
        for number, anchors in enumerate(self._anchors):
            logits = self._arrays.get(pyramid[f"objectness{number}"])
            best = np.argsort(-logits, kind="stable")[:PROPOSALS]
            deltas = self._arrays.get(pyramid[f"deltas{number}"])[best, None]
            box = decode(deltas, anchors[best], _PROPOSAL_WEIGHTS, self._convention)[:, 0]
            boxes.append(clip(box, *self._fitted, self._convention))
            scores.append(logits[best])
            levels.append(np.full(len(best), number))
        box, score, level = (np.concatenate(each) for each in (boxes, scores, levels))
        large = self._is_large(box, _MIN_PROPOSAL_SIDE)
        box, score, level = box[large], score[large], level[large]
        exclusive = with_exclusive_corners(box, self._convention)
        kept = non_maximum_suppression(exclusive, score, level, _MAX_PROPOSAL_OVERLAP)
        return box[kept[:PROPOSALS]]

    def _select(
        self, proposals: np.ndarray, logits: np.ndarray, deltas: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return boxes, scores and classes of the objects."""
        limits, classes = self._limits, logits.shape[1]
        probability = np.exp(logits - logits.max(1, keepdims=True))
        probability /= probability.sum(1, keepdims=True)
        deltas = deltas.reshape(len(deltas), classes, 4)
        box = decode(deltas, proposals, _OBJECT_WEIGHTS, self._convention)
        box = clip(box, *self._fitted, self._convention)
        row, label = np.nonzero(probability[:, 1:] > limits.min_score)
        box, score = box[row, label + 1], probability[row, label + 1]
        large = self._is_large(box, _MIN_OBJECT_SIDE)
        box, score, label = box[large], score[large], label[large]
        exclusive = with_exclusive_corners(box, self._convention)
        kept = non_maximum_suppression(exclusive, score, label, limits.max_overlap)
        kept = kept[: limits.max_objects]
        return box[kept], score[kept].astype(np.float64), label[kept]

    def _is_large(self, box: np.ndarray, side: float) -> np.ndarray:
        size = with_exclusive_corners(box, self._convention)[:, 2:] - box[:, :2]
        large: np.ndarray = (size >= side).all(1)
        return large

    def _run(self, name: str, box: np.ndarray) -> dict[str, np.ndarray]:
        """Return the outputs of a network for boxes (N, 4) in the input, in their order."""
        starts = range(0, max(len(box), 1), PROPOSALS)
        parts = [self._run_chunk(name, box[start : start + PROPOSALS]) for start in starts]
        return {key: np.concatenate([each[key] for each in parts]) for key in parts[0]}

    def _run_chunk(self, name: str, box: np.ndarray) -> dict[str, np.ndarray]:
        """Return the same for at most `PROPOSALS` boxes, for which engines are built."""
        level = pyramid_level(box, self._convention)
        rows = [np.flatnonzero(level == number) for number in range(len(BOXES))]
        inputs = {
            key: self._arrays.put(np.concatenate([box[each], _PADDING]).astype(np.float32))
            for key, each in zip(BOXES, rows, strict=True)
        }
        outputs = self._engines[name](**self._features, **inputs)
        padding = np.cumsum([len(each) + 1 for each in rows]) - 1
        order = np.argsort(np.concatenate(rows), kind="stable")
        return {
            key: np.delete(self._arrays.get(array), padding, axis=0)[order]
            for key, array in outputs.items()
        }
