from __future__ import annotations

import numpy as np
import pytest

from datasets.zone import Zone

RECTANGLE = Zone.of([380, 380, 330, 200])
CORNER = Zone.of([[0, 0], [100, 0], [100, 20], [20, 20], [20, 100], [0, 100]])


def reached(zone, *box):
    return zone.reached(np.array([box], float))[0]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 380, 600), False),
        ((0, 0, 380.5, 380.5), True),
        ((710, 400, 800, 500), False),
        ((709.5, 400, 800, 500), True),
        ((400, 580, 500, 700), False),
        ((400, 300, 500, 380), False),
        ((500, 450, 510, 460), True),
        ((0, 0, 2000, 2000), True),
        ((500, 450, 500, 460), False),
    ],
)
def test_a_box_reaches_a_rectangle_if_they_overlap(box, expected):
    assert reached(RECTANGLE, *box) == expected
    left, top, right, bottom = box
    by_hand = left < 710 and right > 380 and top < 580 and bottom > 380 and left < right
    assert by_hand == expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [((20, 20, 90, 90), False), ((19, 19, 90, 90), True), ((50, 5, 60, 8), True)],
)
def test_a_polygon_may_be_concave(box, expected):
    assert reached(CORNER, *box) == expected
    turned = Zone.of(CORNER.corner[::-1].tolist())
    assert reached(turned, *box) == expected


@pytest.mark.parametrize(
    "numbers",
    [[], [1, 2, 3], [0, 0, 0, 5], [0, 0, -5, 5], [[0, 0], [1, 1]], [[0, 0], [1, 1], [2, 2]],
     [[0, 0], [1], [2, 2]], [0, 0, float("nan"), 5], [[0, 0, 0], [1, 1, 1], [2, 0, 0]],
     5, "380", {}, None, [0, 0, True, 5], ["0", 0, 5, 5], [[0, 0], [5, "5"], [0, 5]], [[[1]]]],
)  # fmt: skip
def test_an_invalid_zone_is_refused(numbers):
    with pytest.raises(ValueError, match=r"zone: expected .* or the corners .*, found"):
        Zone.of(numbers)


def test_a_zone_outside_the_image_is_refused():
    RECTANGLE.check(400, 400)
    with pytest.raises(ValueError, match="lies outside the 380 x 380 image"):
        RECTANGLE.check(380, 380)
