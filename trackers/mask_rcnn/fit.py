"""Resize, normalise and pad images to the input of the networks."""

from __future__ import annotations

import cv2
import numpy as np

from trackers.mask_rcnn.card import Card

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def fit(image: np.ndarray, card: Card) -> tuple[np.ndarray, tuple[int, int]]:
    """Return an image resized to fit the network card's size and padded with the mean.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        (3, H, W) float32, normalised with ImageNet's mean and deviation; height and width of the
        resized image in it.
    """
    height, width = fitted_size(image.shape[0], image.shape[1], card)
    resized = image if (height, width) == image.shape[:2] else cv2.resize(image, (width, height))
    padded = np.zeros((*card.input, 3), np.float32)
    padded[:height, :width] = (resized.astype(np.float32) / 255 - _MEAN) / _DEVIATION
    return np.ascontiguousarray(padded.transpose(2, 0, 1)), (height, width)


def fitted_size(height: int, width: int, card: Card) -> tuple[int, int]:
    """Return height and width of an image after resizing."""
    max_width, max_height = card.fit
    scale = min(max_width / width, max_height / height)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
