"""What a network found before anything is left out, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from datasets.types import Detections
from trackers.detectors.density import Density, find_groups, merge_groups
from trackers.detectors.letterbox import Placement
from trackers.parts.detections import unsuppressed

_MOST = 1000  # candidates that are looked at, the surest


@dataclass(frozen=True)
class Candidates:
    """Boxes in a network's input.

    Args:
        box: (N, 4) left, top, right, bottom.
        score: (N, C) of each class.
        weight: (N, P) of each prototype of a mask; None from a network of boxes.
        prototype: (P, h, w) over the whole input.
    """

    box: np.ndarray
    score: np.ndarray
    weight: np.ndarray | None = None
    prototype: np.ndarray | None = None


@dataclass(frozen=True)
class DetectedObjects:
    """Objects in an image.

    Args:
        detections: In descending order of score.
        mask: (N, height, width) bool; None from a network of boxes.
    """

    detections: Detections
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Choice:
    """Which candidates are kept.

    Args:
        score: The least.
        overlap: The most, as IoU with a surer one of the same class.
        side: The least, in pixels of the image.
        most: So many at most.
        density: Which groups they must be in.
    """

    score: float
    overlap: float
    side: float = 0.0
    most: int = 300
    density: Density | None = None

    def take(self, candidates: Candidates, placement: Placement, classes: Mapping[int, int]) -> DetectedObjects:
        """Return what is kept, in pixels of the image.

        Args:
            classes: Number of a class in the network to the class id it is reported as; others
                are left out.
        """
        scores = candidates.score[:, list(classes)]
        row, column = np.nonzero(scores >= self.score)
        order = np.argsort(-scores[row, column], kind="stable")[:_MOST]
        row, column = row[order], column[order]
        box = placement.to_image(candidates.box[row].astype(np.float64))
        large = (box[:, 2:] - box[:, :2] > max(self.side, 0)).all(1)
        row, column, box = row[large], column[large], box[large]
        class_id = np.array(list(classes.values()), np.int64)[column]
        found = Detections(box, scores[row, column].astype(np.float64), class_id)
        if self.density is not None and self.density.merge:
            return DetectedObjects(merge_groups(found, find_groups(found, self.density)))
        kept = np.arange(len(row))
        if self.density is not None:
            kept = np.flatnonzero(find_groups(found, self.density) >= 0)
        kept = kept[unsuppressed(found.take(kept), self.overlap)][: self.most]
        found = found.take(kept)
        if candidates.weight is None or candidates.prototype is None:
            return DetectedObjects(found)
        logits = np.tensordot(candidates.weight[row[kept]], candidates.prototype, 1)
        return DetectedObjects(found, _masks_in_image(logits, placement, found.box))


def _masks_in_image(logits: np.ndarray, placement: Placement, box: np.ndarray) -> np.ndarray:
    """Return where logits (N, h, w) over the input are above 0 in the image, within the boxes."""
    height, width = placement.image
    per_input = np.array(logits.shape[:0:-1]) / placement.input[::-1]
    scale = placement.scale * per_input
    shift = placement.shift * per_input + 0.5 * scale - 0.5  # a pixel's centre is off its corner
    transform = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
    masks = np.zeros((len(logits), height, width), bool)
    for mask, each, sides in zip(masks, logits.astype(np.float32), box, strict=True):
        fine = cv2.warpAffine(
            each,
            transform,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        (left, top), (right, bottom) = np.floor(sides[:2]), np.ceil(sides[2:])
        part = np.s_[int(top) : int(bottom), int(left) : int(right)]
        mask[part] = fine[part] > 0
    return masks
