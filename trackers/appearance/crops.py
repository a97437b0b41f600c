"""Crop boxes from an image and resize the crops to a network's input."""

from __future__ import annotations

import cv2
import numpy as np


def crop(
    image: np.ndarray, box: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a crop of each box that overlaps the image, and the rows of these boxes.

    A crop has every pixel that the box touches, and is clipped to the image. It is resized to the
    input without keeping the aspect ratio, as in the training of re-identification networks.

    Args:
        image: (height, width, 3) uint8.
        box: (N, 4).
        size: Height and width of the input.

    Returns:
        Crops (K, *size, 3) uint8, and the rows (K,) in ascending order of the boxes with a positive
        area in the image.
    """
    height, width = image.shape[:2]
    corner = [width, height]
    first = np.floor(box[:, :2]).clip(0, corner).astype(np.int64)
    last = np.ceil(box[:, 2:]).clip(0, corner).astype(np.int64)
    rows = np.flatnonzero(((first < last) & (box[:, :2] < box[:, 2:])).all(axis=1))
    crops = np.empty((len(rows), *size, 3), np.uint8)
    for resized, (left, top), (right, bottom) in zip(crops, first[rows], last[rows], strict=True):
        cv2.resize(image[top:bottom, left:right], size[::-1], dst=resized)
    return crops, rows
