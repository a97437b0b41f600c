from __future__ import annotations

import numpy as np

from trackers.methods.sam2_prompted.points import points_inside


def test_the_first_point_is_farthest_from_the_border():
    mask = np.zeros((20, 30), bool)
    mask[5:12, 10:21] = True
    (x, y), *rest = points_inside(mask, 3).tolist()
    assert y == 8.5
    assert 13 <= x <= 18
    assert len(rest) == 2


def test_points_keep_away_from_earlier_points():
    mask = np.zeros((9, 40), bool)
    mask[2:7] = True  # the mask touches the image edge, which counts as a border
    found = points_inside(mask, 3)
    assert (found[:, 1] == 4.5).all()
    assert np.diff(np.sort(found[:, 0])).min() >= 3
    assert np.array_equal(found, points_inside(mask, 3))


def test_there_are_no_more_points_than_pixels_on_the_mask():
    mask = np.zeros((5, 5), bool)
    mask[1, 1] = mask[3, 4] = True
    found = points_inside(mask, 7)
    assert sorted(found.tolist()) == [[1.5, 1.5], [4.5, 3.5]]
