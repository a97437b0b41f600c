"""Compose several images of one frame into one, each below its title."""

from __future__ import annotations

import math
from collections.abc import Sequence as Many
from dataclasses import dataclass

import cv2
import numpy as np

from reports.overlays.drawing import draw_text

_MAX_WIDTH, _MAX_HEIGHT = 1920, 1080  # pixels of the composed image
_STRIP_SHARE, _MIN_STRIP = 1 / 20, 20  # of a panel's height; pixels
_TEXT_SHARE = 0.6  # of the strip
_GROUND = (20, 20, 20)


@dataclass(frozen=True)
class Grid:
    """A grid of equal panels, filled row by row.

    Args:
        columns: Panels per row.
        rows: Number of rows.
        height: Height of a panel without its title, in pixels.
        width: Width of a panel, in pixels.
    """

    columns: int
    rows: int
    height: int
    width: int

    @property
    def strip(self) -> int:
        """Height of a title, in pixels."""
        return max(_MIN_STRIP, round(self.height * _STRIP_SHARE))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the whole grid, in pixels."""
        return self.rows * (self.height + self.strip), self.columns * self.width


def arrange(count: int, height: int, width: int) -> Grid:
    """Return the grid that shows `count` images of one size largest, without enlarging them.

    Ties are broken by the fewest empty panels, then by the closest aspect ratio to a screen's.
    """
    grids = [_grid(count, columns, height, width) for columns in range(1, count + 1)]
    return max(
        grids, key=lambda grid: (grid.width, -grid.columns * grid.rows, -_aspect_difference(grid))
    )


def compose(images: Many[np.ndarray], titles: Many[str], grid: Grid) -> np.ndarray:
    """Return the images in a grid, each below its title, (height, width, 3) uint8."""
    whole = np.full((*grid.shape, 3), _GROUND, np.uint8)
    for index, (image, title) in enumerate(zip(images, titles, strict=True)):
        row, column = divmod(index, grid.columns)
        top, left = row * (grid.height + grid.strip), column * grid.width
        panel = whole[top : top + grid.strip + grid.height, left : left + grid.width]
        text = draw_text(title, _GROUND, round(grid.strip * _TEXT_SHARE))[
            : grid.strip, : grid.width
        ]
        above = (grid.strip - len(text)) // 2
        panel[above : above + len(text), : text.shape[1]] = text
        size = grid.width, grid.height
        panel[grid.strip :] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return whole


def _aspect_difference(grid: Grid) -> float:
    """Return the difference of a grid's aspect ratio from a screen's, 0 or more."""
    height, width = grid.shape
    return abs(math.log(width / height * _MAX_HEIGHT / _MAX_WIDTH))


def _grid(count: int, columns: int, height: int, width: int) -> Grid:
    rows = -(-count // columns)
    high, wide = _MAX_HEIGHT / rows / (1 + _STRIP_SHARE), _MAX_WIDTH / columns
    scale = min(1, high / height, wide / width)
    return Grid(columns, rows, max(1, int(height * scale)), max(1, int(width * scale)))
