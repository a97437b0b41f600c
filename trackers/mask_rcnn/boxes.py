"""Anchors, decoding of boxes and non-maximum suppression, in every convention."""

from __future__ import annotations

import math
from collections.abc import Sequence as Many

import numpy as np

from datasets.types import Detections
from trackers.mask_rcnn.conventions import Convention
from trackers.mask_rcnn.sizes import LEVELS
from trackers.parts.detections import unsuppressed

_MAX_GROWTH = math.log(1000 / 16)  # of a side, as a logarithm
_CANONICAL_SIDE, _CANONICAL_LEVEL = 224.0, 2  # a box of this side is pooled from the third level
_EPSILON = 1e-6


def make_anchors(
    size: tuple[int, int], stride: int, side: float, ratios: Many[float], convention: Convention
) -> np.ndarray:
    """Return the anchors of a level, (rows * columns * R, 4), with the R ratios of a cell together.

    Args:
        size: Height and width of the network's input, in pixels.
        stride: Pixels from one cell to the next. Torchvision divides the input by the number of
            cells instead, which is less if the input is not a multiple of the stride.
        side: Side of an anchor of ratio 1, in pixels.
        ratios: Ratios of height to width.
        convention: The convention of the weights.
    """
    grid = [-(-each // stride) for each in size]
    steps = [
        each // cells if convention.divided else stride
        for each, cells in zip(size, grid, strict=True)
    ]
    root = np.sqrt(np.asarray(ratios, float))
    sides = np.stack([side / root, side * root], 1)
    if convention.centred:
        near, far = -sides / 2, sides / 2
    else:
        middle = (stride - 1) / 2
        near, far = middle - (sides - 1) / 2, middle + (sides - 1) / 2
    base = np.concatenate([near, far], 1)
    base = np.round(base) if convention.rounded else base
    offsets = (step * np.arange(cells) for step, cells in zip(steps, grid, strict=True))
    y, x = np.meshgrid(*offsets, indexing="ij")
    shift = np.stack([x, y, x, y], -1).reshape(-1, 1, 4)
    anchors: np.ndarray = (shift + base).reshape(-1, 4).astype(np.float32)
    return anchors


def decode(
    deltas: np.ndarray, box: np.ndarray, weights: Many[float], convention: Convention
) -> np.ndarray:
    """Return boxes (N, K, 4) decoded from deltas (N, K, 4) relative to boxes (N, 4).

    Args:
        weights: Divisors of the four deltas.
    """
    one = 1.0 if convention.inclusive else 0.0
    size = box[:, 2:] - box[:, :2] + one
    centre = (box[:, :2] + box[:, 2:]) / 2 if one else box[:, :2] + size / 2
    scaled = deltas / np.asarray(weights, np.float32)
    growth = np.minimum(scaled[..., 2:], _MAX_GROWTH)
    if convention.bounded:
        growth = np.maximum(growth, -_MAX_GROWTH)
    middle = centre[:, None] + scaled[..., :2] * size[:, None]
    half = np.exp(growth) * size[:, None] / 2
    return np.concatenate([middle - half + one / 2, middle + half - one / 2], -1)


def clip(box: np.ndarray, height: float, width: float, convention: Convention) -> np.ndarray:
    """Return boxes (..., 4) clipped to an image."""
    last = 1.0 if convention.inclusive else 0.0
    limits = np.array([width - last, height - last] * 2, np.float32)
    return box.clip(0, limits)


def with_exclusive_corners(box: np.ndarray, convention: Convention) -> np.ndarray:
    """Return boxes (N, 4) with exclusive far corners."""
    return box + np.array([0, 0, 1, 1], box.dtype) if convention.inclusive else box


def non_maximum_suppression(
    box: np.ndarray, score: np.ndarray, group: np.ndarray, overlap: float
) -> np.ndarray:
    """Return the rows of the boxes that are kept, by descending score.

    Args:
        box: (N, 4) with exclusive far corners.
        score: (N,).
        group: (N,), boxes of different groups do not suppress each other.
        overlap: Maximum IoU with a box of the same group and a larger score.
    """
    kept = np.flatnonzero(unsuppressed(Detections(box, score, group), overlap))
    return kept[np.argsort(-score[kept], kind="stable")]


def pyramid_level(box: np.ndarray, convention: Convention) -> np.ndarray:
    """Return the pyramid level, 0 to 3, from which each of the boxes (N, 4) is pooled."""
    size = with_exclusive_corners(box, convention)[:, 2:] - box[:, :2]
    side = np.sqrt(np.maximum(size[:, 0] * size[:, 1], _EPSILON))
    level = np.floor(_CANONICAL_LEVEL + np.log2(side / _CANONICAL_SIDE) + _EPSILON)
    return level.clip(0, len(LEVELS) - 1).astype(np.int64)
