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


def of_coco(dense):
    columns_first = np.asfortranarray(np.moveaxis(dense, 0, -1), dtype=np.uint8)
    return tuple(run["counts"] for run in coco.encode(columns_first))


@given(masks())
def test_run_lengths_are_the_coco_apis_to_the_byte(dense):
    assert coco_rle.encode(dense).runs == of_coco(dense)


@pytest.mark.parametrize(
    "place",
    [
        (slice(None), slice(None)),  # all of it
        (slice(None), slice(2, 4)),  # whole columns, which are one run
        (slice(0, 1), slice(None)),
        (slice(4, 5), slice(5, 6)),  # the last pixel
        (slice(0, 0), slice(None)),  # nothing
    ],
)
def test_masks_at_the_edges_are_the_coco_apis(place):
    dense = np.zeros((1, 5, 6), bool)
    dense[0][place] = True
    assert coco_rle.encode(dense).runs == of_coco(dense)


@given(masks())
def test_decoding_undoes_encoding(dense):
    assert np.array_equal(coco_rle.decode(coco_rle.encode(dense)), dense.astype(bool))


def test_masks_in_another_order_of_memory_are_the_same():
    dense = np.random.default_rng(0).random((4, 30, 20)) < 0.5
    turned = np.asfortranarray(dense)
    assert coco_rle.encode(turned) == coco_rle.encode(dense)
