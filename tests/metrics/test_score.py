from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import mots_text
from datasets.masks import coco_rle
from datasets.types import NO_TRACK, Extent, Tracks
from metrics import pairing
from metrics.combine import combine_scores
from metrics.family import load_family, load_protocol, partial_from_json, partial_to_json
from metrics.score import make_pairings, score_tracks

CLASSES = {1: "pedestrian"} | {n: f"class {n}" for n in range(2, 14)}
EXTENT = Extent(100, 1000, 1, CLASSES)


def tracks(lefts, classes=None, scores=None, extent=EXTENT):
    count = len(lefts)
    left = np.array(lefts, float)
    box = np.column_stack([left, np.zeros(count), left + 10, np.full(count, 10.0)])
    frame, track = np.zeros(count), np.arange(count)
    ones = np.ones(count)
    return Tracks(extent, frame, track, classes or ones, ones if scores is None else scores, box)


def kept(protocol, truth, prediction):
    (made,) = make_pairings(truth, prediction, protocol).values()
    return len(made.truth), len(made.prediction)


@pytest.mark.parametrize(
    ("protocol", "class_id", "counts"),
    [
        ("mot15", 1, (1, 1)),
        ("mot15", 8, (0, 1)),  # no distractors
        ("mot17", 1, (1, 1)),
        ("mot17", 2, (0, 0)),  # person on a vehicle
        ("mot17", 7, (0, 0)),
        ("mot17", 8, (0, 0)),
        ("mot17", 12, (0, 0)),
        ("mot17", 3, (0, 1)),  # a car is not a distractor
        ("mot16", 6, (0, 1)),
        ("mot17", 6, (0, 1)),
        ("mot20", 6, (0, 0)),  # a distractor since MOT20
    ],
)
def test_which_rows_are_scored_depends_on_the_class_under_a_prediction(protocol, class_id, counts):
    assert kept(protocol, tracks([0], [class_id]), tracks([1])) == counts


def test_ground_truth_marked_zero_is_not_scored_but_its_prediction_is():
    for protocol in ("mot15", "mot17"):
        assert kept(protocol, tracks([0], scores=[0]), tracks([0])) == (0, 1)


def test_a_prediction_on_a_distractor_marked_zero_is_excluded():
    assert kept("mot17", tracks([0], [8], [0]), tracks([0])) == (0, 0)


def test_a_distractor_below_iou_one_half_excludes_nothing():
    assert kept("mot17", tracks([0], [8]), tracks([3.34])) == (0, 1)


def test_a_prediction_is_matched_with_the_row_of_larger_overlap():
    assert kept("mot17", tracks([0, 2], [1, 8]), tracks([0.5])) == (1, 1)
    assert kept("mot17", tracks([0, 2], [1, 8]), tracks([1.5])) == (1, 0)


def test_a_prediction_of_another_class_is_refused():
    with pytest.raises(
        ValueError, match=r"prediction, frame 0 \(from 0\): expected class 1 only, .* found 3"
    ):
        make_pairings(tracks([0]), tracks([0], [3]), "mot17")


def test_tracks_of_another_image_size_are_refused():
    other = Extent(50, 1000, 1, CLASSES)
    with pytest.raises(
        ValueError, match="tracks: height: expected 100 as in the ground truth, found 50"
    ):
        make_pairings(tracks([0]), tracks([0], extent=other), "mot17")


@pytest.mark.parametrize("protocol", ["mot15", "mot17", "mots"])
@pytest.mark.parametrize("classes", [{1: "car", 2: "bus"}, {3: "pedestrian"}])
def test_pedestrian_protocols_refuse_data_without_pedestrians(protocol, classes):
    extent = Extent(100, 1000, 1, classes)
    both = tracks([], extent=extent)
    with pytest.raises(
        ValueError, match=r"class [12]: expected pedestrian.*, found (car|bus|missing)"
    ):
        make_pairings(both, both, protocol)


def test_data_with_only_ignored_classes_is_refused():
    extent = Extent(100, 1000, 1, {1: "pedestrian"}, (1,))
    both = tracks([], extent=extent)
    with pytest.raises(ValueError, match="no class to score: every class is ignored"):
        make_pairings(both, both, "plain")


def test_an_unknown_family_or_protocol_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match=r"expected one of \[.*'clear',.*\], found 'hot'"):
        load_family("hot")
    with pytest.raises(
        ValueError, match=r"expected one of \[.*'kitti', 'kitti_mots', 'mot15'.*\], found 'mot18'"
    ):
        load_protocol("mot18")


def test_overlaps_do_not_depend_on_the_block_size(monkeypatch):
    rng = np.random.default_rng(0)
    extent = Extent(100, 100, 30, {1: "person"})

    def crowd(count):
        near = rng.random((count, 2)) * 50
        box = np.concatenate([near, near + 20], axis=1)
        frame = np.sort(rng.integers(0, 30, count))
        return Tracks(extent, frame, np.arange(count), np.ones(count), np.ones(count), box)

    one, other = crowd(200), crowd(150)
    whole = pairing.overlapping(one, other)
    monkeypatch.setattr(pairing, "_BLOCK", 7)
    parts = pairing.overlapping(one, other)
    assert np.array_equal(whole.truth, parts.truth)
    assert np.array_equal(whole.similarity, parts.similarity)
    assert (one.frame[whole.truth] == other.frame[whole.prediction]).all()


@pytest.mark.parametrize("side", ["ground truth", "prediction"])
def test_a_row_without_a_track_id_is_refused(side):
    detections = replace(tracks([0, 30]), track=np.array([4, NO_TRACK]))
    sides = {"ground truth": tracks([0]), "prediction": tracks([0]), side: detections}
    with pytest.raises(
        ValueError, match=rf"{side}, frame 0 \(from 0\): expected a track id, found"
    ):
        make_pairings(sides["ground truth"], sides["prediction"], "mot15")


def test_partials_survive_json_without_loss():
    for name in ("hota", "clear", "identity", "count"):
        family = load_family(name)
        (made,) = make_pairings(tracks([0, 30]), tracks([1.1, 33]), "mot15").values()
        partial = family.evaluate(made)
        back = partial_from_json(family, partial_to_json(partial))
        assert family.summarize(back) == family.summarize(partial)


def score(protocol="mot15", families=("hota", "clear")):
    return score_tracks(tracks([0]), tracks([1]), protocol, families)


def test_scores_of_different_protocols_are_not_combined():
    with pytest.raises(ValueError, match="expected scores of one protocol with the same classes"):
        combine_scores([score(), score("mot17")])


def test_a_total_adds_counts():
    total = combine_scores([score(), score(), score()])
    assert total["values"]["CLR_TP"] == 3


def test_masks_that_share_a_pixel_are_refused_with_their_tracks():
    masks = np.zeros((2, 4, 5), bool)
    masks[:, 1, 1:3] = True
    extent = mots_text.mots_extent(4, 5, 1)
    zeros, ones, box = np.zeros(2), np.ones(2), np.array([[1.0, 1, 3, 2]] * 2)
    both = Tracks(extent, zeros, np.array([7, 8]), ones, ones, box, coco_rle.encode(masks))
    one = both.take(np.array([0]))
    with pytest.raises(
        ValueError, match=r"prediction, frame 0 \(from 0\): the masks of tracks 7 and 8"
    ):
        make_pairings(one, both, "kitti_mots")


def test_boxes_cannot_be_scored_as_masks():
    extent = mots_text.mots_extent(100, 1000, 1)
    boxes = tracks([0], extent=extent)
    with pytest.raises(ValueError, match="the ground truth has no masks"):
        make_pairings(boxes, boxes, "kitti_mots")
