"""An image made to fit a network's input, and boxes brought back from there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FITS = ("corner", "centre", "stretch")


@dataclass(frozen=True)
class Placement:
    """Where an image lies in a network's input: pixel = (place - shift) / scale.

    Args:
        scale: (2,) across and down.
        shift: (2,) left and top.
        image: Height and width of the image.
        input: Height and width of the network's input.
    """

    scale: np.ndarray
    shift: np.ndarray
    image: tuple[int, int]
    input: tuple[int, int]

    def to_image(self, box: np.ndarray) -> np.ndarray:
        """Return boxes of the input, (N, 4), as boxes of the image, cut off at its border."""
        height, width = self.image
        found = (box - np.tile(self.shift, 2)) / np.tile(self.scale, 2)
        return found.clip(0, [width, height, width, height])


def place(
    image: np.ndarray, size: tuple[int, int], fit: str, fill: int
) -> tuple[np.ndarray, Placement]:
    """Return an image as a network's input, and where it lies in there.

    Args:
        image: (h, w, 3) uint8.
        size: Height and width of the input.
        fit: `corner`: as large as it may be, in the top left; `centre`: likewise, in the middle;
            `stretch`: to the whole input, whatever its shape.
        fill: Value of what is left over.

    Returns:
        (*size, 3) uint8, and its Placed.

    Raises:
        ValueError: The image is empty.
    """
    height, width = image.shape[:2]
    if not (height and width):
        raise ValueError(f"image of {height} x {width} pixels found, expected at least one")
    ratio = np.array([size[1] / width, size[0] / height])
    if fit != "stretch":
        ratio = np.full(2, ratio.min())
    across, down = (max(1, round(side)) for side in ratio * [width, height])
    left, top = ((size[1] - across) // 2, (size[0] - down) // 2) if fit == "centre" else (0, 0)
    filled = np.full((*size, 3), fill, np.uint8)
    small = cv2.resize(image, (across, down), interpolation=cv2.INTER_LINEAR)
    filled[top : top + down, left : left + across] = small
    return filled, Placement(ratio, np.array([left, top], float), (height, width), size)
