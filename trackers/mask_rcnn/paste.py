"""Paste the masks of boxes onto the image."""

from __future__ import annotations

import cv2
import numpy as np

from trackers.mask_rcnn.conventions import Convention

_HALF = 0.5


def paste(
    probability: np.ndarray, box: np.ndarray, size: tuple[int, int], convention: Convention
) -> np.ndarray:
    """Return masks on an image, (N, height, width) bool.

    Args:
        probability: (N, S, S) float32, over each box.
        box: (N, 4), with corners as in the convention.
        size: Height and width of the image.
        convention: The convention of the weights.
    """
    methods = {"widened": _paste_widened, "resized": _paste_resized, "sampled": _paste_sampled}
    method = methods[convention.paste]
    masks = np.zeros((len(probability), *size), bool)
    for mask, each, corners in zip(masks, probability, box.astype(np.float64), strict=True):
        method(mask, each, corners)
    return masks


def _paste_widened(mask: np.ndarray, probability: np.ndarray, box: np.ndarray) -> None:
    """Pad the mask with a pixel of zeros and widen the box to match, as torchvision does."""
    padded = np.pad(probability, 1)
    growth = len(padded) / len(probability)
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * growth
    corner, last = np.trunc(centre - half).astype(int), np.trunc(centre + half).astype(int)
    _put(mask, padded, corner, np.maximum(last - corner + 1, 1))


def _paste_resized(mask: np.ndarray, probability: np.ndarray, box: np.ndarray) -> None:
    """Resize the mask to the whole pixels of the box, last included, as MaskTrack R-CNN does."""
    corner, last = np.trunc(box[:2]).astype(int), np.trunc(box[2:]).astype(int)
    _put(mask, probability, corner, np.maximum(last - corner + 1, 1))


def _put(mask: np.ndarray, probability: np.ndarray, corner: np.ndarray, size: np.ndarray) -> None:
    resized = cv2.resize(probability, size.tolist(), interpolation=cv2.INTER_LINEAR) > _HALF
    (left, top), (width, height) = corner, size
    start = max(top, 0), max(left, 0)
    end = min(top + height, mask.shape[0]), min(left + width, mask.shape[1])
    if start[0] < end[0] and start[1] < end[1]:
        inside = np.s_[start[0] - top : end[0] - top, start[1] - left : end[1] - left]
        mask[start[0] : end[0], start[1] : end[1]] = resized[inside]


def _paste_sampled(mask: np.ndarray, probability: np.ndarray, box: np.ndarray) -> None:
    """Sample the mask at the centre of each pixel, zero outside the mask, as mmtracking does."""
    side, (width, height) = len(probability), np.maximum(box[2:] - box[:2], 1e-6)
    column = (np.arange(mask.shape[1]) + _HALF - box[0]) / width * side - _HALF
    row = (np.arange(mask.shape[0]) + _HALF - box[1]) / height * side - _HALF
    columns, rows = (np.flatnonzero((each > -1) & (each < side)) for each in (column, row))
    if len(rows) and len(columns):
        x, y = np.meshgrid(column[columns].astype(np.float32), row[rows].astype(np.float32))
        sampled = cv2.remap(probability, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = sampled >= _HALF
