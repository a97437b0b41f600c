from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.masks import coco_rle
from datasets.masks.algebra import subtract, unite
from datasets.masks.mask_set import Masks

SIZE = (3, 4)


@st.composite
def videos(draw):
    """Return frames of up to seven masks in four frames, and the masks, of any shape."""
    frame = np.sort(draw(st.lists(st.integers(0, 3), max_size=7)))
    dense = draw(arrays(bool, (len(frame), *SIZE), elements=st.booleans()))
    full = np.array(draw(st.lists(st.booleans(), min_size=len(frame), max_size=len(frame))), bool)
    return np.array(frame, int), dense | full[:, None, None]


def encoded(dense):
    return coco_rle.encode(dense) if len(dense) else Masks((), *SIZE)


@pytest.mark.slow
@given(videos(), videos())
def test_subtract_is_and_not(one, other):
    (frame, dense), (hole_frame, holes) = one, other
    found = subtract(encoded(dense), frame, encoded(holes), hole_frame)
    for row in range(len(frame)):
        dense[row] &= ~holes[hole_frame == frame[row]].any(axis=0)
    assert found == encoded(dense)


@given(videos())
def test_unite_is_or_within_a_frame(video):
    frame, dense = video
    frames, found = unite(encoded(dense), frame)
    assert frames.tolist() == sorted(set(frame.tolist()))
    expected = [dense[frame == each].any(axis=0) for each in frames]
    assert found == encoded(np.array(expected, bool).reshape(-1, *SIZE))


def test_the_last_pixel_of_a_frame_does_not_touch_the_first_of_the_next():
    dense = np.zeros((2, *SIZE), bool)
    dense[0, -1, -1] = dense[1, 0, 0] = True
    frames, found = unite(encoded(dense), np.array([0, 1]))
    assert frames.tolist() == [0, 1]
    assert np.array_equal(coco_rle.decode(found), dense)


def test_a_mask_that_touches_no_hole_keeps_its_bytes():
    dense = np.zeros((2, *SIZE), bool)
    dense[:, 1, 1] = True
    masks = encoded(dense)
    found = subtract(masks, np.array([0, 1]), masks.take([1]), np.array([1]))
    assert found[0] is masks[0]
    assert coco_rle.decode(found)[1].sum() == 0


@given(arrays(bool, st.tuples(st.integers(0, 4), st.integers(1, 5), st.integers(1, 5))))
def test_intervals_are_encoded_as_the_run_lengths_they_came_from(dense):
    masks = coco_rle.encode(dense)
    assert coco_rle.from_intervals(masks.intervals, *dense.shape[1:]) == masks


def test_touching_intervals_are_one_run_when_decoded():
    masks = coco_rle.encode(np.ones((1, 1, 4), bool))
    whole = masks.intervals
    parts = type(whole)(np.array([0, 2]), np.array([0, 1]), np.array([1, 4]))
    assert coco_rle.decode(coco_rle.from_intervals(parts, 1, 4)).all()
