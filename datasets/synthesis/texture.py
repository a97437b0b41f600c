"""Value noise: the sum of interpolated random grids of decreasing spacing."""

from __future__ import annotations

import numpy as np


def noise(rng: np.random.Generator, height: int, width: int, cells: tuple[int, ...]) -> np.ndarray:
    """Return smooth noise in [0, 1), shape (height, width).

    Args:
        cells: Spacing of each grid in pixels, coarse to fine; each has half the weight of the
            previous one.
    """
    total = np.zeros((height, width))
    weight, weights = 1.0, 0.0
    for cell in cells:
        grid = rng.random((height // cell + 2, width // cell + 2))
        total = total + weight * _stretch(grid, height, width, cell)
        weights += weight
        weight /= 2
    return total / weights


def _stretch(grid: np.ndarray, height: int, width: int, cell: int) -> np.ndarray:
    """Return the bilinear interpolation of `grid`, whose nodes are `cell` pixels apart."""
    row, down = _nodes(height, cell)
    column, right = _nodes(width, cell)
    above = grid[row][:, column] * (1 - right) + grid[row][:, column + 1] * right
    below = grid[row + 1][:, column] * (1 - right) + grid[row + 1][:, column + 1] * right
    return above * (1 - down[:, None]) + below * down[:, None]


def _nodes(length: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each pixel the preceding node and the distance from it in cells, in [0, 1)."""
    pixel = np.arange(length)
    return pixel // cell, pixel % cell / cell
