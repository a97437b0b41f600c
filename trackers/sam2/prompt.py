"""Prompts: a box, points or a mask that show where an object is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

_CORNERS = (2, 3)  # labels of the top left and the bottom right corner of a box
_HALF = 0.5


@dataclass(frozen=True)
class Prompt:
    """The location of an object in an image: a box, points or both, or a mask; in pixels.

    Args:
        box: (4,), left, top, right, bottom.
        points: (N, 2), x and y.
        labels: (N,), 1 for a point on the object, 0 for a point off it.
        mask: (height, width) bool.

    Raises:
        ValueError: None of these is given, a mask is given with another, or the numbers of points
            and labels differ.
    """

    box: np.ndarray | None = None
    points: np.ndarray | None = None
    labels: np.ndarray | None = None
    mask: np.ndarray | None = None

    def __post_init__(self) -> None:
        if (self.mask is None) == (self.box is None and self.points is None):
            raise ValueError("a prompt needs either a mask, or a box, points or both")
        points = () if self.points is None else self.points
        labels = () if self.labels is None else self.labels
        if len(points) != len(labels):
            raise ValueError(
                f"prompt: expected as many labels as points, found {len(labels)} labels and "
                f"{len(points)} points"
            )
        if self.points is not None and not len(points) and self.box is None:
            raise ValueError("prompt: expected at least one point, found an empty list")

    def check(self, height: int, width: int, max_points: int | None = None) -> None:
        """Raise ValueError if the prompt does not fit an image of this size, or has more points.

        Args:
            max_points: Maximum number of points, of which a box has two; None for any.
        """
        if max_points is not None and self.point_count > max_points:
            raise ValueError(
                f"prompt: expected at most {max_points} points, for which the networks were built, "
                f"found {self.point_count} (a box counts as two)"
            )
        if self.box is not None:
            _check_box(self.box, height, width)
        if self.points is not None:
            inside = (self.points >= 0).all(1) & (self.points < (width, height)).all(1)
            if not inside.all():
                point = _formatted(self.points[np.argmin(inside)])
                raise ValueError(f"point {point} lies outside the {width} x {height} image")
        if self.mask is not None:
            if self.mask.shape != (height, width):
                found = " x ".join(map(str, self.mask.shape[::-1]))
                raise ValueError(f"mask: expected size {width} x {height}, found {found}")
            if not self.mask.any():
                raise ValueError("mask: expected at least one pixel, found an empty mask")

    @property
    def point_count(self) -> int:
        """Number of points, of which a box has two."""
        points = 0 if self.points is None else len(self.points)
        return points + (0 if self.box is None else len(_CORNERS))

    def points_for(self, height: int, width: int, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return points (N, 2) float32 and labels (N,) int64, scaled to a square image of `side`.

        Args:
            height: Height of the prompt's image, in pixels.
            width: Width of the prompt's image, in pixels.
            side: Side of the square image, in pixels.
        """
        points, labels = np.zeros((0, 2)), np.zeros(0, np.int64)
        if self.box is not None:
            points, labels = np.asarray(self.box, float).reshape(2, 2), np.array(_CORNERS)
        if self.points is not None:
            points = np.concatenate([points, self.points])
            labels = np.concatenate([labels, np.asarray(self.labels, np.int64)])
        return (points * (side / width, side / height)).astype(np.float32), labels

    def mask_for(self, side: int) -> np.ndarray:
        """Return the mask scaled to a square image, (side, side) float32 of 0 and 1."""
        assert self.mask is not None
        coverage = Image.fromarray(self.mask.astype(np.float32)).resize(
            (side, side), Image.Resampling.BILINEAR
        )
        return (np.asarray(coverage) >= _HALF).astype(np.float32)


def group_prompts(prompts: Mapping[int, Prompt]) -> list[list[int]]:
    """Return track ids in groups that share a kind of prompt and a number of points."""
    groups: dict[tuple[bool, int], list[int]] = {}
    for identity, prompt in prompts.items():
        groups.setdefault((prompt.mask is not None, prompt.point_count), []).append(identity)
    return list(groups.values())


def _check_box(box: np.ndarray, height: int, width: int) -> None:
    left, top, right, bottom = box
    if not (left < right and top < bottom):
        raise ValueError(f"box: expected a positive width and height, found {_formatted(box)}")
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        raise ValueError(f"box {_formatted(box)} lies outside the {width} x {height} image")


def _formatted(numbers: np.ndarray) -> str:
    return "(" + ", ".join(f"{number:g}" for number in numbers) + ")"
