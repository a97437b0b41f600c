"""Anchors, boxes from deltas, and which boxes are kept, in any convention."""

from __future__ import annotations

import math
from collections.abc import Sequence as Many

import numpy as np

from datasets.types import Detections
from trackers.mask_rcnn.conventions import Convention
from trackers.mask_rcnn.sizes import LEVELS
from trackers.parts.detections import unsuppressed

_LARGEST_GROWTH = math.log(1000 / 16)
_CANONICAL, _CANONICAL_LEVEL = 224.0, 2  # a box of this side is pooled from the third level
_TINY = 1e-6


def make_anchors(
    size: tuple[int, int], stride: int, side: float, ratios: Many[float], convention: Convention
) -> np.ndarray:
    """Return the anchors of a level, (rows * columns * R, 4), the ratios of a place together.

    Args:
        size: Height and width of the input.
        stride: Pixels from one cell to the next, but for torchvision: there the input is divided
            by the cells, which is less where it is no multiple of the stride.
        side: Of an anchor of ratio 1.
        ratios: Heights over widths.
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
    places = (step * np.arange(cells) for step, cells in zip(steps, grid, strict=True))
    down, across = np.meshgrid(*places, indexing="ij")
    shift = np.stack([across, down, across, down], -1).reshape(-1, 1, 4)
    found: np.ndarray = (shift + base).reshape(-1, 4).astype(np.float32)
    return found


def decode(
    deltas: np.ndarray, box: np.ndarray, weights: Many[float], convention: Convention
) -> np.ndarray:
    """Return boxes (N, K, 4) moved by deltas (N, K, 4) from boxes (N, 4).

    Args:
        weights: That the deltas are divided by.
    """
    one = 1.0 if convention.inclusive else 0.0
    size = box[:, 2:] - box[:, :2] + one
    centre = (box[:, :2] + box[:, 2:]) / 2 if one else box[:, :2] + size / 2
    moved = deltas / np.asarray(weights, np.float32)
    growth = np.minimum(moved[..., 2:], _LARGEST_GROWTH)
    if convention.bounded:
        growth = np.maximum(growth, -_LARGEST_GROWTH)
    middle = centre[:, None] + moved[..., :2] * size[:, None]
    half = np.exp(growth) * size[:, None] / 2
    return np.concatenate([middle - half + one / 2, middle + half - one / 2], -1)


def clip(box: np.ndarray, height: float, width: float, convention: Convention) -> np.ndarray:
    """Return boxes (..., 4) within an image."""
    last = 1.0 if convention.inclusive else 0.0
    most = np.array([width - last, height - last] * 2, np.float32)
    return box.clip(0, most)


def exclusive(box: np.ndarray, convention: Convention) -> np.ndarray:
    """Return boxes with far corners just outside."""
    return box + np.array([0, 0, 1, 1], box.dtype) if convention.inclusive else box


def surest(box: np.ndarray, score: np.ndarray, group: np.ndarray, overlap: float) -> np.ndarray:
    """Return the boxes with no surer one of their group that overlaps them more, surest first.

    Args:
        box: (N, 4) with exclusive far corners.
    """
    found = np.flatnonzero(unsuppressed(Detections(box, score, group), overlap))
    return found[np.argsort(-score[found], kind="stable")]


def level_of(box: np.ndarray, convention: Convention) -> np.ndarray:
    """Return the level, 0 to 3, that boxes (N, 4) are pooled from."""
    size = exclusive(box, convention)[:, 2:] - box[:, :2]
    side = np.sqrt(np.maximum(size[:, 0] * size[:, 1], _TINY))
    level = np.floor(_CANONICAL_LEVEL + np.log2(side / _CANONICAL) + _TINY)
    return level.clip(0, len(LEVELS) - 1).astype(np.int64)
