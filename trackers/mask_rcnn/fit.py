"""An image as the networks take it."""

from __future__ import annotations

import cv2
import numpy as np

from trackers.mask_rcnn.card import Card

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def fit(image: np.ndarray, card: Card) -> tuple[np.ndarray, tuple[int, int]]:
    """Return an image as large as it fits within the card's, filled up with the mean.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        (3, H, W) float32, with mean and deviation of ImageNet taken out; height and width of the
        image in it.
    """
    height, width = fitted_size(image.shape[0], image.shape[1], card)
    small = image if (height, width) == image.shape[:2] else cv2.resize(image, (width, height))
    filled = np.zeros((*card.input, 3), np.float32)
    filled[:height, :width] = (small.astype(np.float32) / 255 - _MEAN) / _DEVIATION
    return np.ascontiguousarray(filled.transpose(2, 0, 1)), (height, width)


def fitted_size(height: int, width: int, card: Card) -> tuple[int, int]:
    """Return height and width of an image once it fits."""
    most_width, most_height = card.fit
    scale = min(most_width / width, most_height / height)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
