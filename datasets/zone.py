"""A zone of the image: a rectangle or a polygon, and which boxes reach into it."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

_RECTANGLE, _LEAST = 4, 3  # numbers of a rectangle, corners of a polygon


@dataclass(frozen=True)
class Zone:
    """An area in pixels.

    Args:
        corner: (N, 2) of a polygon, in order.
    """

    corner: np.ndarray

    @classmethod
    def of(cls, numbers: Many[float] | Many[Many[float]]) -> Zone:
        """Return the zone that a config means.

        Args:
            numbers: `[left, top, width, height]`, or the corners `[[x, y], ...]` of a polygon.

        Raises:
            ValueError: It is neither, or has no area.
        """
        given = np.array(numbers, float) if _is_even(numbers) else np.zeros(0)
        if given.shape == (_RECTANGLE,):
            left, top, width, height = given
            right, bottom = left + width, top + height
            given = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            upright = width > 0 and height > 0
        else:
            upright = given.shape == (len(given), 2) and len(given) >= _LEAST
        if not upright or not np.isfinite(given).all() or _area(given) == 0:
            raise ValueError(
                f"zone: {numbers!r} found, expected [left, top, width, height] or the corners "
                "[[x, y], ...] of a polygon that has an area"
            )
        return cls(given)

    def reached(self, box: np.ndarray) -> np.ndarray:
        """Return which boxes (N, 4) share an area with the zone, (N,) bool; touching is none."""
        return np.array([_area(_clipped(self.corner, each)) > 0 for each in box], bool)

    def check(self, height: int, width: int) -> None:
        """Raise ValueError if the zone lies outside an image of this size."""
        if not self.reached(np.array([[0.0, 0.0, width, height]]))[0]:
            raise ValueError(
                f"zone {self.corner.tolist()} lies outside the {width} x {height} image"
            )


def _is_even(numbers: Many[float] | Many[Many[float]]) -> bool:
    """Whether all are numbers, or all are lists of equally many."""
    return len({len(each) if isinstance(each, list | tuple) else 0 for each in numbers}) == 1


def _area(corner: np.ndarray) -> float:
    """Return the area of a polygon, (N, 2)."""
    if len(corner) < _LEAST:
        return 0.0
    x, y = (corner - corner[0]).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _clipped(corner: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the part of a polygon that is in a box.

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
