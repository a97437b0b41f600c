"""What boxes show of an image, made to fit a network's input."""

from __future__ import annotations

import cv2
import numpy as np


def crop(
    image: np.ndarray, box: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is in the boxes, and the rows of those that show anything.

    A box shows every pixel it touches and is cut off at the border; what is left is stretched to
    the input, as re-identification networks are trained.

    Args:
        image: (height, width, 3) uint8.
        box: (N, 4).
        size: Height and width of the input.

    Returns:
        (K, *size, 3) uint8 and (K,), rising, of those boxes of which an area is in the image.
    """
    height, width = image.shape[:2]
    corner = [width, height]
    first = np.floor(box[:, :2]).clip(0, corner).astype(np.int64)
    last = np.ceil(box[:, 2:]).clip(0, corner).astype(np.int64)
    shown = np.flatnonzero(((first < last) & (box[:, :2] < box[:, 2:])).all(axis=1))
    crops = np.empty((len(shown), *size, 3), np.uint8)
    for made, (left, top), (right, bottom) in zip(crops, first[shown], last[shown], strict=True):
        cv2.resize(image[top:bottom, left:right], size[::-1], dst=made)
    return crops, shown
