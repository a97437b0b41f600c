"""Masks of boxes, put onto the image."""

from __future__ import annotations

import cv2
import numpy as np

from trackers.mask_rcnn.conventions import Convention

_HALF = 0.5


def paste(
    share: np.ndarray, box: np.ndarray, size: tuple[int, int], convention: Convention
) -> np.ndarray:
    """Return masks on an image, (N, height, width) bool.

    Args:
        share: (N, S, S) float32 probabilities over each box.
        box: (N, 4) as the convention has them.
        size: Height and width of the image.
    """
    way = {"widened": _widened, "resized": _resized, "sampled": _sampled}[convention.paste]
    masks = np.zeros((len(share), *size), bool)
    for mask, each, sides in zip(masks, share, box.astype(np.float64), strict=True):
        way(mask, each, sides)
    return masks


def _widened(mask: np.ndarray, share: np.ndarray, box: np.ndarray) -> None:
    """Torchvision: a pixel of nothing around the mask, and the box as much larger."""
    padded = np.pad(share, 1)
    grown = len(padded) / len(share)
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * grown
    corner, last = np.trunc(centre - half).astype(int), np.trunc(centre + half).astype(int)
    _put(mask, padded, corner, np.maximum(last - corner + 1, 1))


def _resized(mask: np.ndarray, share: np.ndarray, box: np.ndarray) -> None:
    """MaskTrack R-CNN: the box in whole pixels, its last included."""
    corner, last = np.trunc(box[:2]).astype(int), np.trunc(box[2:]).astype(int)
    _put(mask, share, corner, np.maximum(last - corner + 1, 1))


def _put(mask: np.ndarray, share: np.ndarray, corner: np.ndarray, size: np.ndarray) -> None:
    fine = cv2.resize(share, size.tolist(), interpolation=cv2.INTER_LINEAR) > _HALF
    (left, top), (width, height) = corner, size
    begin = max(top, 0), max(left, 0)
    end = min(top + height, mask.shape[0]), min(left + width, mask.shape[1])
    if begin[0] < end[0] and begin[1] < end[1]:
        inside = np.s_[begin[0] - top : end[0] - top, begin[1] - left : end[1] - left]
        mask[begin[0] : end[0], begin[1] : end[1]] = fine[inside]


def _sampled(mask: np.ndarray, share: np.ndarray, box: np.ndarray) -> None:
    """The third: at the centre of each pixel of the image, nothing outside the mask."""
    side, (width, height) = len(share), np.maximum(box[2:] - box[:2], 1e-6)
    across = (np.arange(mask.shape[1]) + _HALF - box[0]) / width * side - _HALF
    down = (np.arange(mask.shape[0]) + _HALF - box[1]) / height * side - _HALF
    columns, rows = (np.flatnonzero((place > -1) & (place < side)) for place in (across, down))
    if len(rows) and len(columns):
        x, y = np.meshgrid(across[columns].astype(np.float32), down[rows].astype(np.float32))
        found = cv2.remap(share, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = found >= _HALF
