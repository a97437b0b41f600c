"""A zone of the image, a rectangle or a polygon, and which boxes overlap it."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np

_RECTANGLE_NUMBERS, _MIN_CORNERS = 4, 3  # numbers of a rectangle, corners of a polygon


@dataclass(frozen=True)
class Zone:
    """A polygon in pixels.

    Args:
        corner: (N, 2) corners in order.
    """

    corner: np.ndarray

    @classmethod
    def of(cls, numbers: Many[float] | Many[Many[float]]) -> Zone:
        """Return the zone of a config entry.

        Args:
            numbers: `[left, top, width, height]`, or the corners `[[x, y], ...]` of a polygon.

        Raises:
            ValueError: It is neither, or has no area.
        """
        corner = np.array(numbers, float) if _is_regular(numbers) else np.zeros(0)
        if corner.shape == (_RECTANGLE_NUMBERS,):
            left, top, width, height = corner
            right, bottom = left + width, top + height
            corner = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            valid = width > 0 and height > 0
        else:
            valid = corner.shape == (len(corner), 2) and len(corner) >= _MIN_CORNERS
        if not valid or not np.isfinite(corner).all() or _area(corner) == 0:
            raise ValueError(
                "zone: expected [left, top, width, height] or the corners [[x, y], ...] of a "
                f"polygon with an area, found {numbers!r}"
            )
        return cls(corner)

    def reached(self, box: np.ndarray) -> np.ndarray:
        """Return which boxes (N, 4) overlap the zone, (N,) bool; touching does not count."""
        return np.array([_area(_clipped(self.corner, each)) > 0 for each in box], bool)

    def check(self, height: int, width: int) -> None:
        """Raise ValueError if the zone lies outside an image of this size."""
        if not self.reached(np.array([[0.0, 0.0, width, height]]))[0]:
            raise ValueError(
                f"zone {self.corner.tolist()} lies outside the {width} x {height} image"
            )


def _is_regular(numbers: Any) -> bool:
    """Return whether all entries are numbers, or all are lists of numbers of the same length."""
    if not _is_list(numbers):
        return False
    flat = [each for entry in numbers for each in (entry if _is_list(entry) else [entry])]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in flat):
        return False
    return len({len(each) if _is_list(each) else 0 for each in numbers}) == 1


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _area(corner: np.ndarray) -> float:
    """Return the area of a polygon, (N, 2)."""
    if len(corner) < _MIN_CORNERS:
        return 0.0
    x, y = (corner - corner[0]).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _clipped(corner: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the part of a polygon that lies in a box.

    Source: Sutherland, Hodgman, Reentrant polygon clipping, CACM 1974.
    """
    for axis, bound, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        if not len(corner):
            break
        inside = sign * (corner[:, axis] - bound)
        parts = []
        for here, there, a, b in zip(
            corner, np.roll(corner, -1, 0), inside, np.roll(inside, -1), strict=True
        ):
            if a >= 0:
                parts.append(here)
            if (a > 0 > b) or (a < 0 < b):
                parts.append(here + (there - here) * a / (a - b))
        corner = np.array(parts).reshape(-1, 2)
    return corner
