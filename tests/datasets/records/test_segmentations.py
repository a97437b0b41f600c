from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco

from datasets.io.errors import RowError
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.records.segmentations import read_masks, write_counts, write_runs

HEIGHT, WIDTH = 4, 5
STACKS = arrays(bool, st.tuples(st.integers(0, 4), st.just(HEIGHT), st.just(WIDTH)))
CORNER = st.floats(-3, 8, width=32)
POLYGON = st.lists(st.tuples(CORNER, CORNER), min_size=3, max_size=7)


@pytest.mark.slow
@given(STACKS)
def test_masks_survive_a_round_trip_in_both_kinds_of_run_lengths(dense):
    masks = coco_rle.encode(dense)
    assert read_masks(write_runs(masks), HEIGHT, WIDTH) == masks
    assert read_masks(write_counts(masks), HEIGHT, WIDTH) == masks


@pytest.mark.slow
@given(st.lists(st.lists(POLYGON, min_size=1, max_size=3), max_size=4))
def test_polygons_are_rasterized_as_by_the_coco_api(segmentations):
    flat = [[[float(x) for corner in p for x in corner] for p in each] for each in segmentations]
    found = read_masks(flat, HEIGHT, WIDTH)
    for row, each in enumerate(flat):
        theirs = coco.decode(coco.merge(coco.frPyObjects(each, HEIGHT, WIDTH)))
        assert np.array_equal(coco_rle.decode(found.take(np.array([row])))[0], theirs)


def test_uncompressed_counts_go_down_the_columns():
    found = coco_rle.decode(read_masks([{"size": [2, 3], "counts": [1, 2, 3]}], 2, 3))
    assert found[0].astype(int).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert write_counts(coco_rle.encode(found)) == [{"size": [2, 3], "counts": [1, 2, 3]}]


def test_full_and_empty_masks_are_written_as_by_the_coco_api():
    dense = np.stack([np.ones((2, 3), bool), np.zeros((2, 3), bool)])
    assert [each["counts"] for each in write_counts(coco_rle.encode(dense))] == [[0, 6], [6]]


def test_two_polygons_are_merged_into_one_mask():
    left, right = [0, 0, 2, 0, 2, 4, 0, 4], [3, 0, 5, 0, 5, 4, 3, 4]
    found = coco_rle.decode(read_masks([[left, right]], HEIGHT, WIDTH))[0]
    assert found.sum(axis=0).tolist() == [4, 4, 0, 4, 4]


GOOD = {"size": [HEIGHT, WIDTH], "counts": [20]}
TRIANGLE = [0, 0, 4, 0, 4, 4]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("abc", 'expected a run length or polygons, found "abc"'),
        (7, "expected a run length or polygons, found 7"),
        ({**GOOD, "size": [5, 4]}, r"size: expected \[4, 5\], found \[5, 4\]"),
        ({"counts": [20]}, r"size: expected \[4, 5\], found null"),
        ({"size": [4, 5]}, "counts: expected a run length, found null"),
        ({**GOOD, "counts": "ä"}, "counts: expected a run length"),
        ({**GOOD, "counts": "5!"}, "run length: invalid character '!'"),
        ({**GOOD, "counts": "1"}, "run length: expected 20 pixels as in the image, found 1"),
        ({**GOOD, "counts": ""}, "run length: expected 20 pixels as in the image, found 0"),
        ({**GOOD, "counts": [19]}, "run length: expected 20 pixels as in the image, found 19"),
        ({**GOOD, "counts": []}, "run length: expected 20 pixels as in the image, found 0"),
        ({**GOOD, "counts": [21, -1]}, "counts: expected whole numbers from 0"),
        ({**GOOD, "counts": [10.0, 10.0]}, "counts: expected whole numbers from 0"),
        ({**GOOD, "counts": [True, 19]}, "counts: expected whole numbers from 0"),
        ({**GOOD, "counts": [2**70]}, "run length: expected 20 pixels as in the image"),
        ([], "expected a list of polygons, found an empty list"),
        ([TRIANGLE[:4]], "polygon: expected at least 6 numbers, found 4: two corners, or left, to"),
        ([[*TRIANGLE, 1]], "polygon: expected an even count of at least 6 numbers, found 7"),
        ([TRIANGLE, TRIANGLE[:5]], "polygon: expected an even count .*, found 5"),
        (TRIANGLE, "polygon: expected a list of finite numbers, found 0"),
        ([[*TRIANGLE[:-1], "4"]], "expected a list of finite numbers"),
        ([[*TRIANGLE[:-1], None]], "expected a list of finite numbers"),
        ([[*TRIANGLE[:-1], float("inf")]], "expected a list of finite numbers"),
        ([[*TRIANGLE[:-1], float("nan")]], "expected a list of finite numbers"),
        ([[*TRIANGLE[:-1], 10**400]], "expected a list of finite numbers"),
        ([[*TRIANGLE[:-1], 1e9]], "polygon: a corner lies beyond 65536 pixels"),
        ([[0, 0, 60000, 0] * 20], "polygon: expected an outline of at most .*, found 2400000"),
    ],
)
def test_an_invalid_segmentation_is_named_by_its_row(wrong, message):
    with pytest.raises(RowError, match=message) as error:
        read_masks([GOOD, wrong, GOOD], HEIGHT, WIDTH)
    assert error.value.row == 1


def test_an_empty_list_of_masks_has_the_size_of_the_image():
    assert read_masks([], HEIGHT, WIDTH) == Masks((), HEIGHT, WIDTH)
