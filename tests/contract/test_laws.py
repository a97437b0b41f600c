"""Laws that hold for any tracks: round trips, and invariances of the scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import mot_text, parquet
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.overlap import box_iou
from datasets.types import Extent, Tracks
from metrics.score import score_tracks

pytestmark = pytest.mark.slow

EXTENT = Extent(height=60, width=80, frame_count=9, classes={1: "person"})
FAMILIES = ["hota", "clear", "identity", "count", "vace"]
numbers = st.floats(-1e4, 1e4, allow_nan=False, width=64)
sizes = st.floats(0, 1e4, allow_nan=False, width=64)


@st.composite
def tracks(draw, coordinate=numbers, size=sizes):
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 8), st.integers(0, 5), coordinate, coordinate, size, size,
                st.floats(0, 1),
            ),
            max_size=25,
            unique_by=lambda row: row[:2],
        )
    )  # fmt: skip
    columns = np.array(rows, float).reshape(-1, 7)
    near = columns[:, 2:4]
    return Tracks(
        EXTENT,
        frame=columns[:, 0],
        track=columns[:, 1],
        class_id=np.ones(len(rows)),
        score=columns[:, 6],
        box=np.concatenate([near, near + columns[:, 4:6]], axis=1),
    )


on_a_grid = st.integers(0, 12).map(float)
crowds = tracks(on_a_grid, st.integers(1, 8).map(float))


def scores(truth, prediction):
    return score_tracks(truth, prediction, "mot15", FAMILIES)["values"]


@given(tracks())
def test_parquet_round_trips_every_bit(tmp_path_factory, given_tracks):
    path = tmp_path_factory.getbasetemp() / "law.parquet"
    parquet.write_tracks(path, given_tracks)
    assert parquet.read_tracks(path).same(given_tracks)


@given(tracks())
def test_motchallenge_text_round_trips_boxes_up_to_rounding(tmp_path_factory, given_tracks):
    path = tmp_path_factory.getbasetemp() / "law.txt"
    mot_text.write_tracks(path, given_tracks)
    back = mot_text.read_tracks(path, EXTENT)
    for name in ("frame", "track", "class_id", "score"):
        assert np.array_equal(getattr(back, name), getattr(given_tracks, name))
    # left + 1 - 1 and left + (right - left) each lose half a unit in the last place
    assert back.box == pytest.approx(given_tracks.box, abs=1e-11)


@given(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_masks_round_trip_with_their_area_and_overlap(count, height, width, random):
    rng = np.random.default_rng(random.getrandbits(32))
    masks = rng.random((count, height, width)) < 0.5
    runs = coco_rle.encode(masks)
    assert np.array_equal(coco_rle.decode(runs), masks)
    read = Masks.read(runs.runs, height, width)
    assert np.array_equal(read.areas, masks.sum(axis=(1, 2)))
    for mask, box in zip(masks, read.boxes, strict=True):
        down, across = np.nonzero(mask)
        tight = (
            [across.min(), down.min(), across.max() + 1, down.max() + 1] if len(down) else [0] * 4
        )
        assert box.tolist() == tight
    shared = (masks[:, None] & masks[None]).sum(axis=(2, 3))
    union = (masks[:, None] | masks[None]).sum(axis=(2, 3))
    iou = np.where(union > 0, shared / np.maximum(union, 1), 0)
    assert np.allclose(coco_rle.iou(runs, runs), iou, atol=1e-15)


@given(tracks(), tracks())
def test_overlap_is_symmetric_and_between_zero_and_one(first, second):
    iou = box_iou(first.box[:, None], second.box)
    assert np.array_equal(iou, box_iou(second.box[:, None], first.box).T)
    assert (iou >= 0).all()
    assert (iou <= 1).all()


@given(crowds)
def test_the_ground_truth_scored_against_itself_is_perfect(truth):
    truth = replace(truth, score=np.ones(len(truth)))
    found = scores(truth, truth)
    if len(truth):
        assert found["HOTA"] == pytest.approx(1)
        assert found["MOTA"] == found["IDF1"] == 1
        assert found["IDSW"] == found["CLR_FP"] == found["CLR_FN"] == 0


@given(crowds, crowds, st.permutations(range(6)))
def test_scores_do_not_depend_on_the_numbers_of_the_track_ids(truth, prediction, names):
    renamed = replace(prediction, track=np.array(names)[prediction.track] * 1000 + 7)
    before, after = scores(truth, prediction), scores(truth, renamed)
    for name in ("IDF1", "GT_IDs", "IDs", "Dets", "GT_Dets", "CLR_TP"):
        assert before[name] == after[name]


@given(crowds, crowds)
def test_counts_add_up(truth, prediction):
    found = scores(truth, prediction)
    assert found["CLR_TP"] + found["CLR_FN"] == found["GT_Dets"]
    assert found["CLR_TP"] + found["CLR_FP"] == found["Dets"]
    assert found["IDTP"] + found["IDFN"] == found["GT_Dets"]
    assert found["IDTP"] + found["IDFP"] == found["Dets"]
    assert found["MT"] + found["PT"] + found["ML"] == found["GT_IDs"] or not found["Dets"]
    assert found["HOTA_TP"] + found["HOTA_FN"] == pytest.approx(found["GT_Dets"])
    assert found["IDTP"] <= found["CLR_TP"]
