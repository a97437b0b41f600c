"""Points on a mask that tell what it is: always the same, and away from the border."""

from __future__ import annotations

import cv2
import numpy as np


def points_inside(mask: np.ndarray, count: int) -> np.ndarray:
    """Return up to `count` points (N, 2) on a mask, x and y in pixels, at the middle of a pixel.

    The first is the one farthest from the border, each further one the farthest from the border and
    from those before; the upper left one of equals. A mask of fewer pixels has fewer.

    Args:
        mask: (height, width) bool, not empty.
    """
    inside = np.pad(mask, 1).astype(np.uint8)  # beyond the image nothing is on the object
    found = []
    for _ in range(min(count, int(np.count_nonzero(mask)))):
        distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        row, column = np.unravel_index(np.argmax(distance), distance.shape)
        found.append((column - 0.5, row - 0.5))  # the padding less half a pixel
        inside[row, column] = 0
    return np.array(found, np.float64)
