from __future__ import annotations

import numpy as np
import pytest

from reports.overlays.panels import arrange, compose


@pytest.mark.parametrize(
    ("count", "height", "width", "columns", "rows"),
    [
        (1, 1080, 1920, 1, 1),
        (2, 1080, 1920, 2, 1),
        (4, 1080, 1920, 2, 2),
        (6, 288, 384, 3, 2),
        (2, 1920, 400, 2, 1),
        (2, 100, 1900, 1, 2),
    ],
)
def test_panels_are_as_large_as_fits_a_screen(count, height, width, columns, rows):
    grid = arrange(count, height, width)
    assert (grid.columns, grid.rows) == (columns, rows)
    assert grid.height <= height
    assert grid.width <= width
    assert grid.shape[0] <= 1090
    assert grid.shape[1] <= 1920
    assert grid.width / grid.height == pytest.approx(width / height, rel=0.05)


def test_each_image_is_below_its_title_in_order():
    images = [np.full((100, 200, 3), level, np.uint8) for level in (50, 100, 150)]
    grid = arrange(3, 100, 200)
    whole = compose(images, ["", "b", "c" * 300], grid)
    assert whole.shape == (*grid.shape, 3)
    assert (grid.columns, grid.rows, grid.height) == (3, 1, 100)
    for place, level in enumerate((50, 100, 150)):
        panel = whole[:, 200 * place : 200 * (place + 1)]
        assert (panel[grid.strip :] == level).all()
        assert (panel[: grid.strip] > 200).any() == bool(place)
