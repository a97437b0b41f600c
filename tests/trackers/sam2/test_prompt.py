"""A prompt that cannot be is refused, and says why."""

from __future__ import annotations

import numpy as np
import pytest

from trackers.sam2.prompt import Prompt


def points(*places):
    return np.array(places, float)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "a prompt is a mask, or a box, points or both"),
        ({"mask": np.ones((4, 6), bool), "box": np.ones(4)}, "a prompt is a mask, or a box"),
        ({"points": points((1, 2)), "labels": np.array([1, 0])}, "1 points and 2 labels"),
        ({"points": points((1, 2))}, "1 points and 0 labels"),
        ({"points": np.zeros((0, 2)), "labels": np.zeros(0)}, "without points"),
    ],
)
def test_a_prompt_is_something(given, message):
    with pytest.raises(ValueError, match=message):
        Prompt(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"box": np.array([2.0, 1, 2, 3])}, r"box \(2, 1, 2, 3\) found, expected one that has an"),
        ({"box": np.array([0.0, 1, np.nan, 3])}, "expected one that has an area"),
        ({"box": np.array([6.0, 1, 8, 3])}, r"box \(6, 1, 8, 3\) lies outside the 6 x 4 image"),
        (
            {"points": points((1, 1), (6, 0)), "labels": np.array([1, 1])},
            r"point \(6, 0\) lies outside the 6 x 4 image",
        ),
        ({"mask": np.ones((6, 4), bool)}, "mask of 4 x 6 found, expected 6 x 4"),
        ({"mask": np.zeros((4, 6), bool)}, "empty mask"),
    ],
)
def test_a_prompt_lies_in_the_image(given, message):
    with pytest.raises(ValueError, match=message):
        Prompt(**given).check(4, 6)


def test_points_come_after_the_corners_of_the_box_in_pixels_of_the_model():
    prompt = Prompt(np.array([1.0, 1, 4, 3]), points((2, 2)), np.array([1]))
    prompt.check(4, 6)
    places, labels = prompt.points_for(4, 6, 12)
    assert places.tolist() == [[2, 3], [8, 9], [4, 6]]
    assert labels.tolist() == [2, 3, 1]
    assert places.dtype == np.float32


def test_a_mask_is_made_square():
    mask = np.zeros((4, 8), bool)
    mask[1:3, 2:6] = True
    assert Prompt(mask=mask).mask_for(4).tolist() == [[0] * 4, [0, 1, 1, 0], [0, 1, 1, 0], [0] * 4]
