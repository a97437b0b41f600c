"""Fit an image to a network's input, and transform boxes back to the image."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FITS = ("corner", "centre", "stretch")


@dataclass(frozen=True)
class Placement:
    """Position of an image in a network's input: image = (input - shift) / scale.

    Args:
        scale: (2,) horizontal and vertical scale.
        shift: (2,) left and top position in the input, in pixels.
        image: Height and width of the image.
        input: Height and width of the network's input.
    """

    scale: np.ndarray
    shift: np.ndarray
    image: tuple[int, int]
    input: tuple[int, int]

    def to_image(self, box: np.ndarray) -> np.ndarray:
        """Transform boxes (N, 4) from the input to the image, clipped to the image."""
        height, width = self.image
        transformed = (box - np.tile(self.shift, 2)) / np.tile(self.scale, 2)
        return transformed.clip(0, [width, height, width, height])


def place(
    image: np.ndarray, size: tuple[int, int], fit: str, fill: int
) -> tuple[np.ndarray, Placement]:
    """Return an image fitted to a network's input, and its placement.

    Args:
        image: (h, w, 3) uint8.
        size: Height and width of the input.
        fit: `corner` keeps the aspect ratio and pads at the right or bottom; `centre` keeps the
            aspect ratio and pads on both sides; `stretch` scales to the whole input.
        fill: Pixel value of the padding.

    Returns:
        (*size, 3) uint8, and the placement of the image in it.

    Raises:
        ValueError: The image is empty.
    """
    height, width = image.shape[:2]
    if not (height and width):
        raise ValueError(f"image: expected at least 1 x 1 pixels, found {height} x {width}")
    ratio = np.array([size[1] / width, size[0] / height])
    if fit != "stretch":
        ratio = np.full(2, ratio.min())
    columns, rows = (max(1, round(side)) for side in ratio * [width, height])
    left, top = ((size[1] - columns) // 2, (size[0] - rows) // 2) if fit == "centre" else (0, 0)
    placed = np.full((*size, 3), fill, np.uint8)
    resized = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_LINEAR)
    placed[top : top + rows, left : left + columns] = resized
    return placed, Placement(ratio, np.array([left, top], float), (height, width), size)
