"""Point prompts on a mask: deterministic, and far from the mask's border."""

from __future__ import annotations

import cv2
import numpy as np


def points_inside(mask: np.ndarray, count: int) -> np.ndarray:
    """Return up to `count` points (N, 2) on a mask: x and y in pixels, at pixel centres.

    The first point is the one farthest from the border, each further one the farthest from the
    border and the earlier points; the topmost, then leftmost one on a tie. A mask of fewer than
    `count` pixels has one point per pixel.

    Args:
        mask: (height, width) bool, not empty.
    """
    inside = np.pad(mask, 1).astype(np.uint8)  # pixels outside the image are background
    points = []
    for _ in range(min(count, int(np.count_nonzero(mask)))):
        distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        row, column = np.unravel_index(np.argmax(distance), distance.shape)
        points.append((column - 0.5, row - 0.5))  # pixel centre, without the padding of 1
        inside[row, column] = 0
    return np.array(points, np.float64)
