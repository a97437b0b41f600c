"""Prompts are validated, and scaled to the model's image."""

from __future__ import annotations

import numpy as np
import pytest

from trackers.sam2.prompt import Prompt


def points(*coordinates):
    return np.array(coordinates, float)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "a prompt needs either a mask, or a box, points or both"),
        ({"mask": np.ones((4, 6), bool), "box": np.ones(4)}, "needs either a mask, or a box"),
        ({"points": points((1, 2)), "labels": np.array([1, 0])}, "found 2 labels and 1 points"),
        ({"points": points((1, 2))}, "found 0 labels and 1 points"),
        (
            {"points": np.zeros((0, 2)), "labels": np.zeros(0)},
            "expected at least one point, found an empty list",
        ),
    ],
)
def test_an_incomplete_or_inconsistent_prompt_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Prompt(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"box": np.array([2.0, 1, 2, 3])},
            r"box: expected a positive width .*, found \(2, 1, 2, 3\)",
        ),
        ({"box": np.array([0.0, 1, np.nan, 3])}, "expected a positive width and height"),
        ({"box": np.array([6.0, 1, 8, 3])}, r"box \(6, 1, 8, 3\) lies outside the 6 x 4 image"),
        (
            {"points": points((1, 1), (6, 0)), "labels": np.array([1, 1])},
            r"point \(6, 0\) lies outside the 6 x 4 image",
        ),
        ({"mask": np.ones((6, 4), bool)}, "mask: expected size 6 x 4, found 4 x 6"),
        (
            {"mask": np.zeros((4, 6), bool)},
            "mask: expected at least one pixel, found an empty mask",
        ),
    ],
)
def test_a_prompt_outside_the_image_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Prompt(**fields).check(4, 6)


def test_points_follow_the_corners_of_the_box_and_are_in_pixels_of_the_models_image():
    prompt = Prompt(np.array([1.0, 1, 4, 3]), points((2, 2)), np.array([1]))
    prompt.check(4, 6)
    scaled, labels = prompt.points_for(4, 6, 12)
    assert scaled.tolist() == [[2, 3], [8, 9], [4, 6]]
    assert labels.tolist() == [2, 3, 1]
    assert scaled.dtype == np.float32


def test_a_mask_is_scaled_to_a_square():
    mask = np.zeros((4, 8), bool)
    mask[1:3, 2:6] = True
    assert Prompt(mask=mask).mask_for(4).tolist() == [[0] * 4, [0, 1, 1, 0], [0, 1, 1, 0], [0] * 4]
