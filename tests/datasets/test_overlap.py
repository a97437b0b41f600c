from __future__ import annotations

import numpy as np
import pytest

from datasets.overlap import box_iou


@pytest.mark.parametrize(
    ("other", "iou"),
    [
        ([0, 0, 2, 2], 1),
        ([1, 0, 3, 2], 1 / 3),
        ([1, 1, 3, 3], 1 / 7),
        ([2, 0, 4, 2], 0),  # touching edges share nothing
        ([0, 0, 1, 1], 1 / 4),
        ([1, 1, 1, 1], 0),  # no area
    ],
)
def test_overlap_of_a_square_of_side_two(other, iou):
    square = np.array([0.0, 0, 2, 2])
    assert box_iou(square, np.array(other, float)) == pytest.approx(iou, abs=1e-15)


def test_two_equal_points_do_not_overlap():
    point = np.array([1.0, 1, 1, 1])
    assert box_iou(point, point) == 0


def test_iou_of_every_pair_of_three_and_two_boxes():
    assert box_iou(np.zeros((3, 1, 4)), np.zeros((2, 4))).shape == (3, 2)
