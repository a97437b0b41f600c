"""Candidates of a detection network, and their filtering: thresholds and suppression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from datasets.types import Detections
from trackers.detectors.density import Density, find_groups, merge_groups
from trackers.detectors.letterbox import Placement
from trackers.parts.detections import unsuppressed

_MAX_CANDIDATES = 30_000  # candidates of the highest scores that enter the suppression


@dataclass(frozen=True)
class Candidates:
    """Candidate boxes, in pixels of the network's input.

    Args:
        box: (N, 4) left, top, right, bottom.
        score: (N, C) score of each class.
        weight: (N, P) weights of the mask prototypes; None from a network without masks.
        prototype: (P, h, w) mask prototypes over the whole input; None without masks.
    """

    box: np.ndarray
    score: np.ndarray
    weight: np.ndarray | None = None
    prototype: np.ndarray | None = None


@dataclass(frozen=True)
class DetectedObjects:
    """Objects detected in an image.

    Args:
        detections: Detections in descending order of score.
        mask: (N, height, width) bool; None if masks were not requested or there are none.
    """

    detections: Detections
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class CandidateFilter:
    """The filter that turns candidates into detections.

    Args:
        score: Candidates of a lower score are discarded, as are those of score 0.
        overlap: Maximum IoU with a detection of the same class and a higher score.
        side: Boxes whose width or height in the image is at most this many pixels are discarded.
        max_count: Maximum number of detections.
        density: Density grouping of the candidates; None for plain suppression.
    """

    score: float
    overlap: float
    side: float = 0.0
    max_count: int = 300
    density: Density | None = None

    def take(
        self,
        candidates: Candidates,
        placement: Placement,
        classes: Mapping[int, int],
        *,
        masks: bool = False,
    ) -> DetectedObjects:
        """Return the remaining objects, in pixels of the image.

        Args:
            classes: Class number of the network → class id that is reported; other classes are
                discarded.
            masks: Whether masks are computed, if there are prototypes; merged detections have none.

        Raises:
            ValueError: The masks are not finite.
        """
        scores = candidates.score[:, list(classes)]
        row, column = np.nonzero((scores >= self.score) & (scores > 0))
        order = np.argsort(-scores[row, column], kind="stable")[:_MAX_CANDIDATES]
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
        kept = kept[unsuppressed(found.take(kept), self.overlap)][: self.max_count]
        found = found.take(kept)
        if not masks or candidates.weight is None or candidates.prototype is None:
            return DetectedObjects(found)
        prototype = candidates.prototype.astype(np.float32, copy=False)
        logits = np.tensordot(candidates.weight[row[kept]], prototype, 1)
        if not np.isfinite(logits).all():
            raise ValueError("the masks of the network are not finite")
        return DetectedObjects(found, _masks_in_image(logits, placement, found.box))


def _masks_in_image(logits: np.ndarray, placement: Placement, box: np.ndarray) -> np.ndarray:
    """Return masks in the image: where logits (N, h, w) over the input are above 0 in the box."""
    height, width = placement.image
    per_input = np.array(logits.shape[:0:-1]) / placement.input[::-1]
    scale = placement.scale * per_input
    shift = placement.shift * per_input + 0.5 * scale - 0.5  # pixel centres are at .5
    transform = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
    masks = np.zeros((len(logits), height, width), bool)
    for mask, each, edges in zip(masks, logits.astype(np.float32), box, strict=True):
        warped = cv2.warpAffine(
            each,
            transform,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        (left, top), (right, bottom) = np.floor(edges[:2]), np.ceil(edges[2:])
        inside = np.s_[int(top) : int(bottom), int(left) : int(right)]
        mask[inside] = warped[inside] > 0
    return masks
