"""Frames that show their number in binary, between four corners of known colours."""

from __future__ import annotations

import numpy as np

HEIGHT, WIDTH = 48, 64
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 180, 30), (30, 30, 200), (220, 220, 220)
CORNERS = (RED, GREEN, BLUE, WHITE)  # top left, top right, bottom left, bottom right
_GROUND, _BITS = 110, 4
_DARK, _LIGHT = 20, 235
_NEAR = 45  # levels by which a corner's colour may be off


def draw(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Return the frame of a number below 16, (height, width, 3) uint8 RGB."""
    image = np.full((height, width, 3), _GROUND, np.uint8)
    for area, colour in zip(_corners(height, width), CORNERS, strict=True):
        image[area] = colour
    for bit, area in enumerate(_bits(height, width)):
        image[area] = _LIGHT if number >> bit & 1 else _DARK
    return image


def read(image: np.ndarray, *, grey: bool = False) -> int | None:
    """Return the number a frame shows; None if a corner has another colour or a bit is unclear."""
    height, width = image.shape[:2]
    found = np.array([image[area].mean(axis=(0, 1)) for area in _corners(height, width)])
    expected = np.array(CORNERS, float)
    if grey:
        expected = expected.mean(axis=1, keepdims=True).repeat(3, 1)
    if abs(found - expected).max() > _NEAR:
        return None
    levels = [float(image[area].mean()) for area in _bits(height, width)]
    if any(_DARK + 50 < level < _LIGHT - 50 for level in levels):
        return None
    return sum(1 << bit for bit, level in enumerate(levels) if level > _GROUND)


def difference(image: np.ndarray, number: int, *, grey: bool = False) -> float:
    """Return the mean absolute difference of an image from the frame of a number, in levels."""
    drawn = draw(number, *image.shape[:2])
    if grey:
        drawn = drawn.mean(axis=2, keepdims=True)
    return float(abs(image.astype(int) - drawn).mean())


def _corners(height: int, width: int) -> list[tuple[slice, slice]]:
    rows, columns = slice(0, height // 3), slice(0, width // 4)
    last_rows, last_columns = slice(-(height // 3), None), slice(-(width // 4), None)
    return [(rows, columns), (rows, last_columns), (last_rows, columns), (last_rows, last_columns)]


def _bits(height: int, width: int) -> list[tuple[slice, slice]]:
    rows, step = slice(height * 3 // 8, height * 5 // 8), width // _BITS
    return [(rows, slice(step * bit + 2, step * (bit + 1) - 2)) for bit in range(_BITS)]
