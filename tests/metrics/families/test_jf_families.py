"""J&F of squares in a row: what its three families have in common, and how they differ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from datasets.formats.davis_png import davis_extent
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import Tracks
from metrics.families import jf_te
from metrics.family import load_family, partial_from_json, partial_to_json
from metrics.pairing import overlapping, pair
from metrics.references.davis_definitions import FIELDS
from metrics.segmentation import make_partial

HEIGHT, WIDTH, SIDE = 30, 120, 10  # reach: one pixel
ALL = ["jf_te", "jf_davis_ss", "jf_davis_us"]


def tracks(rows, frame_count):
    """Return tracks of rows (frame, track id, left): squares; an empty mask if left is None."""
    dense = np.zeros((len(rows), HEIGHT, WIDTH), bool)
    for mask, (_, _, left) in zip(dense, rows, strict=True):
        if left is not None:
            mask[10 : 10 + SIDE, left : left + SIDE] = True
    masks = coco_rle.encode(dense) if rows else Masks((), HEIGHT, WIDTH)
    frame, track = (np.array([row[i] for row in rows], int) for i in (0, 1))
    ones, extent = np.ones(len(rows)), davis_extent(HEIGHT, WIDTH, frame_count)
    return Tracks(extent, frame, track, ones, ones, masks.boxes, masks)


def pairing(truth, prediction, frame_count, similarity="masks"):
    one, other = tracks(truth, frame_count), tracks(prediction, frame_count)
    everything = np.ones(len(one), bool), np.ones(len(other), bool)
    return pair(one, other, overlapping(one, other, similarity), everything, similarity)


def score(name, *arguments):
    family = load_family(name)
    return family.summarize(family.evaluate(pairing(*arguments)))


def line(identity, left, frames=range(5)):
    return [(frame, identity, left) for frame in frames]


PERFECT = dict(zip(FIELDS, [1, 1, 1, 0, 1, 1, 0], strict=True))


@pytest.mark.parametrize("name", ALL)
def test_a_result_equal_to_the_ground_truth_is_perfect(name):
    truth = line(1, 0) + line(2, 40)
    assert score(name, truth, truth, 5) == PERFECT


@pytest.mark.parametrize("name", ALL)
def test_a_square_shifted_by_half_has_an_iou_of_one_third(name):
    found = score(name, line(1, 0), line(1, 5), 5)
    assert found["J-Mean"] == pytest.approx(1 / 3, abs=1e-15)
    assert found["J-Recall"] == 0
    assert found["J-Decay"] == 0


@pytest.mark.parametrize("name", ALL)
def test_a_frame_with_neither_object_nor_prediction_is_correct(name):
    frames = [0, 1, 2, 4]
    assert score(name, line(1, 0, frames), line(1, 0, frames), 5) == PERFECT
    assert score(name, line(1, 0, frames), [*line(1, 0, frames), (3, 1, None)], 5) == PERFECT


@pytest.mark.parametrize("name", ALL)
def test_a_track_lost_halfway_has_a_decay_of_one(name):
    # The quarters of 9 frames are bounded by 0, 2, 4, 6 and 8; those of the 7 frames between the
    # first and the last by 0, 2 (1.5 rounded up), 3, 5 (4.5) and 6. J is 1 in the whole first
    # quarter and 0 in the whole last one.
    found = score(name, line(1, 0, range(9)), line(1, 0, range(5)), 9)
    kept, scored = (4, 7) if name == "jf_davis_ss" else (5, 9)
    assert found["J-Mean"] == found["F-Mean"] == pytest.approx(kept / scored, abs=1e-15)
    assert found["J-Recall"] == found["F-Recall"] == pytest.approx(kept / scored, abs=1e-15)
    assert found["J-Decay"] == found["F-Decay"] == 1


@pytest.mark.parametrize("name", ALL)
def test_an_object_without_prediction_scores_zero(name):
    found = score(name, line(1, 0) + line(2, 40), line(1, 0), 5)
    assert found == PERFECT | dict.fromkeys(("J&F", "J-Mean", "F-Mean"), 0.5) | {
        "J-Recall": 0.5, "F-Recall": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["jf_te", "jf_davis_us"])
def test_surplus_tracks_and_track_ids_do_not_change_the_score(name):
    prediction = line(7, 40) + line(3, 0) + line(1, 90)
    assert score(name, line(1, 0) + line(2, 40), prediction, 5) == PERFECT


@pytest.mark.parametrize("name", ["jf_te", "jf_davis_us"])
def test_tracks_are_assigned_once_for_the_whole_video(name):
    prediction = [(t, 1 if t < 3 else 2, 0) for t in range(5)]
    assert score(name, line(1, 0), prediction, 5)["J-Mean"] == 3 / 5


def test_the_assignment_does_not_depend_on_the_block_size(monkeypatch):
    truth = line(1, 0) + line(2, 40) + line(3, 80)
    prediction = line(4, 82) + line(5, 3) + line(6, 41) + line(7, 110)
    found = score("jf_te", truth, prediction, 5)
    assert 0 < found["J-Mean"] < 1
    for block in (1, 20, 40):
        monkeypatch.setattr(jf_te, "_BLOCK", block)
        assert score("jf_te", truth, prediction, 5) == found


def test_semi_supervised_identities_are_given():
    swapped = line(2, 0) + line(1, 40)
    assert score("jf_davis_ss", line(1, 0) + line(2, 40), swapped, 5)["J-Mean"] == 0


def test_the_first_and_last_frame_do_not_count_in_semi_supervised_results():
    wrong = [(0, 1, 90), (4, 9, 90), *line(1, 0, range(1, 4))]
    assert score("jf_davis_ss", line(1, 0), wrong, 5) == PERFECT


def test_a_result_with_an_identity_that_is_not_given_is_refused():
    with pytest.raises(
        ValueError, match=r"frame 3 \(from 0\): expected an identity of .*, found 9"
    ):
        score("jf_davis_ss", line(1, 0), [(3, 9, 90), *line(1, 0)], 5)


@pytest.mark.parametrize("frames", [1, 2])
def test_a_video_without_a_frame_between_first_and_last_is_refused(frames):
    with pytest.raises(ValueError, match=f"expected at least 3 frames .*, found {frames}"):
        score("jf_davis_ss", line(1, 0, [0]), [], frames)


@pytest.mark.parametrize("identity", [0, 21])
def test_proposals_are_numbered_one_to_twenty(identity):
    assert score("jf_davis_us", line(1, 0), line(20, 0), 5) == PERFECT
    with pytest.raises(
        ValueError, match=f"prediction: expected identities from 1 to .*, found {identity}"
    ):
        score("jf_davis_us", line(1, 0), line(identity, 0), 5)


def test_unused_numbers_are_empty_proposals_as_in_the_official_evaluator():
    truth = line(1, 0, [0])
    assert score("jf_davis_us", truth, line(1, 60), 5)["J-Mean"] == 0
    assert score("jf_davis_us", truth, line(2, 60), 5)["J-Mean"] == 4 / 5


def test_trackeval_adds_empty_tracks_only_if_there_are_too_few():
    truth = line(1, 0, [0])
    assert score("jf_te", truth, line(2, 60), 5)["J-Mean"] == 0
    assert score("jf_te", truth, [], 5)["J-Mean"] == 4 / 5


def test_values_equal_to_the_threshold_do_not_count_towards_recall():
    half = np.array([[0.5, 0.5 + 1e-15, 0.6]])
    assert make_partial(half, half, 0.5).region_recall == 2 / 3
    assert make_partial(half, half, 0.5 + np.finfo(float).eps).region_recall == 2 / 3
    just = np.array([[0.5 + np.finfo(float).eps, 0.6]])
    assert make_partial(just, just, 0.5).region_recall == 1
    assert make_partial(just, just, 0.5 + np.finfo(float).eps).region_recall == 1 / 2


def test_the_quarters_of_a_long_video_have_the_correct_frames():
    values = np.zeros((1, 1001))
    values[0, :251] = 1  # frame 250 is the last of the first quarter
    values[0, 750] = 0.5  # the first of the 251 frames of the last quarter
    found = make_partial(values, values, 0.5)
    assert found.region_decay[0] == pytest.approx(1 - 0.5 / 251, abs=1e-15)


@pytest.mark.parametrize("name", ALL)
def test_ground_truth_without_objects_has_undefined_values(name):
    found = score(name, [], [], 5)
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("name", ALL)
def test_every_object_of_every_sequence_has_the_same_weight(name):
    family = load_family(name)
    partials = [
        family.evaluate(pairing(line(1, 0), line(1, 0), 5)),
        family.evaluate(pairing([], [], 5)),
        family.evaluate(pairing(line(1, 0, range(50)) + line(2, 40, range(50)), [], 50)),
    ]
    total = family.summarize(family.combine(partials))
    assert family.summarize(partials[2])["J-Mean"] == 0
    assert total["J-Mean"] == 1 / 3


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("truth", [[], line(1, 0) + line(2, 40)])
def test_a_partial_survives_json(name, truth):
    family = load_family(name)
    partial = family.evaluate(pairing(truth, truth, 5))
    back = partial_from_json(family, partial_to_json(partial))
    again = family.combine([back, back])
    assert [column.name for column in family.columns] == list(FIELDS)
    np.testing.assert_equal(family.summarize(again), family.summarize(partial))


@pytest.mark.parametrize("name", ALL)
def test_boxes_are_refused(name):
    with pytest.raises(ValueError, match="the protocol compares boxes, J and F expect masks"):
        score(name, line(1, 0), line(1, 0), 5, "box")
