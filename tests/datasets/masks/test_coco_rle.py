from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco

from datasets.masks import coco_rle


@st.composite
def masks(draw):
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7)))
    kind = draw(st.sampled_from([np.bool_, np.uint8]))
    return draw(arrays(kind, shape, elements=st.integers(0, 1).map(kind)))


def coco_runs(dense):
    columns_first = np.asfortranarray(np.moveaxis(dense, 0, -1), dtype=np.uint8)
    return tuple(run["counts"] for run in coco.encode(columns_first))


@given(masks())
def test_run_lengths_equal_those_of_the_coco_api(dense):
    assert coco_rle.encode(dense).runs == coco_runs(dense)


@pytest.mark.parametrize(
    "place",
    [
        (slice(None), slice(None)),  # the whole image
        (slice(None), slice(2, 4)),  # whole columns, which are one run
        (slice(0, 1), slice(None)),
        (slice(4, 5), slice(5, 6)),  # the last pixel
        (slice(0, 0), slice(None)),  # an empty mask
    ],
)
def test_run_lengths_of_masks_at_the_edges_equal_those_of_the_coco_api(place):
    dense = np.zeros((1, 5, 6), bool)
    dense[0][place] = True
    assert coco_rle.encode(dense).runs == coco_runs(dense)


@given(masks())
def test_decode_inverts_encode(dense):
    assert np.array_equal(coco_rle.decode(coco_rle.encode(dense)), dense.astype(bool))


def test_the_memory_order_of_masks_does_not_matter():
    dense = np.random.default_rng(0).random((4, 30, 20)) < 0.5
    columns_first = np.asfortranarray(dense)
    assert coco_rle.encode(columns_first) == coco_rle.encode(dense)


@given(masks(), masks())
def test_iou_equals_that_of_the_coco_api_and_is_0_for_two_empty_masks(one, other):
    height, width = np.minimum(one.shape[1:], other.shape[1:])
    one, other = (each[:, :height, :width] for each in (one, other))
    runs = (
        [{"size": [height, width], "counts": run} for run in coco_runs(d)] for d in (one, other)
    )
    expected = np.asarray(coco.iou(*runs, [False] * len(other)), float)
    assert np.array_equal(coco_rle.iou(coco_rle.encode(one), coco_rle.encode(other)), expected)
