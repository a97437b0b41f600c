"""F compared with a slow implementation of its definition, and on squares checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.masks import coco_rle
from metrics.boundaries import boundary_table, outline, reach
from metrics.references.davis_definitions import Boundary, boundary_pixels

BOTH = np.zeros((2, 1, 1), int)


def f_of(truth, prediction):
    found = boundary_table(coco_rle.encode(truth[None]), coco_rle.encode(prediction[None]), BOTH)
    assert found.shape == (1, 1)
    return found[0, 0]


def slow_f(truth, prediction):
    return Boundary.of(truth).f_score(Boundary.of(prediction))


def square(left, top, side=10, size=(40, 60)):
    mask = np.zeros(size, bool)
    mask[top : top + side, left : left + side] = True
    return mask


@st.composite
def two_masks(draw):
    """Return masks of one size, made of blocks, so that they have an interior, or of pixels."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    block = draw(st.sampled_from([1, 3, 8]))
    grid = (-(-height // block), -(-width // block))
    found = draw(arrays(bool, (2, *grid), elements=st.booleans()))
    whole = found.repeat(block, axis=1).repeat(block, axis=2)[:, :height, :width]
    shift = draw(st.integers(0, 3))
    return np.stack([whole[0], np.roll(whole[draw(st.integers(0, 1))], shift, axis=(0, 1))])


@pytest.mark.slow
@given(two_masks())
def test_f_equals_its_definition(masks):
    assert f_of(*masks) == slow_f(*masks)


@pytest.mark.parametrize("seed", range(60))
def test_f_equals_its_definition_on_large_images(seed):
    rng = np.random.default_rng(seed)
    size = tuple(rng.integers(200, 900, 2))
    masks = np.zeros((2, *size), bool)
    for mask in masks:
        for _ in range(rng.integers(1, 4)):
            top, left = (int(rng.integers(-50, edge)) for edge in size)
            tall, wide = rng.integers(1, 300, 2)
            mask[max(top, 0) : max(top + tall, 0), max(left, 0) : max(left + wide, 0)] ^= True
    assert f_of(*masks) == slow_f(*masks)


@pytest.mark.slow
@given(two_masks())
def test_boundary_pixels_differ_from_a_neighbour(masks):
    mask = masks[0]
    if mask.any() and not mask.all():
        found = outline(coco_rle.encode(mask[None]), 0)
        edge = np.zeros_like(mask.T)
        wide, tall = found.edge.shape
        edge[found.left : found.left + wide, found.top : found.top + tall] = found.edge
        assert np.array_equal(edge.T, boundary_pixels(mask))
        assert found.length == edge.sum()


@pytest.mark.parametrize(
    ("height", "width", "pixels"),
    [(480, 854, 8), (1080, 1920, 18), (300, 400, 4), (240, 432, 4), (1, 1, 1)],
)
def test_the_reach_is_a_share_of_the_diagonal_rounded_up(height, width, pixels):
    assert reach(height, width) == pixels


@pytest.mark.parametrize(
    ("truth", "prediction", "f"),
    [
        (square(0, 0, 0), square(0, 0, 0), 1),  # both empty
        (square(5, 5), square(0, 0, 0), 0),
        (square(0, 0, 0), square(5, 5), 0),
        (square(5, 5), square(5, 5), 1),
        (square(0, 0), square(0, 0), 1),  # in a corner
        (square(5, 5), square(6, 5), 1),  # shifted by one pixel, which is within reach
        (square(5, 5), square(35, 20), 0),
        (np.ones((40, 60), bool), np.ones((40, 60), bool), 1),
        (np.ones((40, 60), bool), square(0, 0, 0), 1),  # the whole image has no boundary
        (np.ones((40, 60), bool), square(5, 5), 0),
    ],
)
def test_f_of_squares_with_a_reach_of_one_pixel(truth, prediction, f):
    assert reach(40, 60) == 1
    assert f_of(truth, prediction) == f


def test_f_of_a_square_shifted_by_two_pixels():
    # The boundary of a square of side 4 is the outline of 5 x 5 pixels, 16 pixels. With a reach of
    # 1 and the other outline 2 pixels to the right, four of the five pixels in the top row and in
    # the bottom row are matched. Of the other three in the right column, the upper and the lower
    # one are matched, being next to the other's rows. None is matched in the left column.
    assert f_of(square(10, 10, 4), square(12, 10, 4)) == 10 / 16


def test_pairs_may_share_masks():
    masks = coco_rle.encode(np.stack([square(5, 5), square(30, 20), square(7, 5)]))
    rows = np.array([[[0, 1], [0, -1]], [[0, 2], [2, -1]]])
    found = boundary_table(masks, masks, rows)
    assert found[0].tolist() == [1, 0]
    assert found[1].tolist() == [f_of(square(5, 5), square(7, 5)), 1]
