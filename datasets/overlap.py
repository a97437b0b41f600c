"""Overlap of boxes: the only implementation in the repository (that of masks is `rle.iou`)."""

from __future__ import annotations

import numpy as np

_TINY = np.finfo(float).eps  # TrackEval's bound: a smaller area counts as none


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union of boxes, 0 where either box has no area.

    Args:
        first: (..., 4), left, top, right, bottom.
        second: (..., 4), broadcast against `first`: (N, 1, 4) with (M, 4) gives (N, M).
    """
    corner, far = np.maximum(first, second), np.minimum(first, second)
    wide = np.maximum(far[..., 2] - corner[..., 0], 0)
    high = np.maximum(far[..., 3] - corner[..., 1], 0)
    shared = wide * high
    one, two = box_area(first), box_area(second)
    union = one + two - shared
    real = (one > _TINY) & (two > _TINY) & (union > _TINY)
    return np.where(real, shared, 0) / np.where(real, union, 1)


def box_area(box: np.ndarray) -> np.ndarray:
    """Return width times height of boxes of shape (..., 4)."""
    return (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
