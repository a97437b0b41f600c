"""Slices checked by hand, and their sums."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.overlap import box_iou
from datasets.types import Extent, Tracks
from metrics.combine import combine_scores
from metrics.families import clear, slices
from metrics.family import load_family, partial_from_json, partial_to_json
from metrics.score import make_pairings, score_pairings, score_tracks
from metrics.text_table import table
from tests.support.metrics.hand import apart, pairing


def tracks(frame, track, box, visibility=None, frame_count=10):
    """Return tracks of one class, one row per frame, track id and box."""
    extent, ones = Extent(1000, 1000, frame_count, {1: "person"}), np.ones(len(frame))
    box = np.array(box, float).reshape(-1, 4)
    return Tracks(extent, frame, track, ones, ones, box, visibility=visibility)


def sliced(truth, prediction=None):
    """Return the slices of ground truth matched with a prediction, by default with itself."""
    pairings = make_pairings(truth, truth if prediction is None else prediction, "plain")
    return slices.evaluate(pairings["person"]).kinds


def rows_of(kind):
    return [rows for _, rows, *_ in kind]


def counts_of(kind):
    return {label: counts for label, *counts in kind}


def random_pairing(seed):
    draw = np.random.default_rng(seed)
    truth, prediction = (
        [
            (frame, track, float(draw.integers(0, 60)))
            for frame in range(12)
            for track in range(4)
            if draw.random() < 0.7
        ]
        for _ in range(2)
    )
    return pairing(truth, prediction, frame_count=12)


def test_a_slice_counts_rows_matches_their_overlap_and_switches():
    truth = [(frame, 7, 0) for frame in range(4)]
    prediction = [(0, 1, 0), (1, 1, apart(0.6)), (2, 2, 0)]
    found = slices.evaluate(pairing(truth, prediction)).kinds
    assert counts_of(found["size"])["small, < 32² px"] == pytest.approx([4, 3, 2.6, 1])
    assert counts_of(found["speed"])["slow, < 0.02"] == pytest.approx([3, 2, 1.6, 1])
    assert counts_of(found["speed"])["first row"] == pytest.approx([1, 1, 1, 0])


def test_size_is_cut_at_32_and_96_pixels_squared():
    squares = [[0, 0, side, side] for side in (31.9, 32, 95.9, 96)]
    assert rows_of(sliced(tracks(range(4), [1] * 4, squares))["size"]) == [1, 2, 1]


def test_visibility_is_sliced_if_the_ground_truth_has_it():
    boxes = [[0, 0, 9, 9]] * 5
    found = sliced(tracks(range(5), [1] * 5, boxes, [0, 0.25, 0.5, 0.75, 1]))
    assert rows_of(found["visibility"]) == [1, 1, 1, 2]
    assert "visibility" not in sliced(tracks(range(5), [1] * 5, boxes))


def test_crowding_is_the_largest_overlap_with_another_box_of_the_frame():
    first, second = 10 * (1 - 0.31) / 1.31, 10 * (1 - 0.2) / 1.2
    lefts = [0, first, 100, 100 + second, 300]
    boxes = [[left, 0, left + 10, 10] for left in lefts]
    found = sliced(tracks([0] * 5, range(5), boxes))
    assert rows_of(found["crowding"]) == [1, 2, 2]
    apart_in_time = sliced(tracks(range(5), range(5), boxes))
    assert rows_of(apart_in_time["crowding"]) == [5, 0, 0]


def test_crowding_of_many_boxes_equals_that_of_all_pairs(monkeypatch):
    monkeypatch.setattr(slices, "_BLOCK", 64)
    draw = np.random.default_rng(4)
    corner, frame = draw.uniform(0, 60, (300, 2)), np.sort(draw.integers(0, 10, 300))
    box = np.hstack([corner, corner + draw.uniform(0, 30, (300, 2))])
    iou = box_iou(box[:, None], box) * (frame[:, None] == frame) * (1 - np.eye(300))
    largest = iou.max(axis=1)
    middle = (largest >= 0.1) & (largest < 0.3)
    expected = [(largest < 0.1).sum(), middle.sum(), (largest >= 0.3).sum()]
    assert rows_of(sliced(tracks(frame, range(300), box))["crowding"]) == expected


def test_speed_is_in_box_heights_per_frame():
    tall = [[0, 0, 10, 100], [1, 0, 11, 100], [4, 0, 14, 100], [16, 0, 26, 100]]
    found = sliced(tracks([0, 1, 3, 4], [5] * 4, tall))  # 0.01, 0.03 / 2 frames, 0.12
    assert [label for label, *_ in found["speed"]][-1] == "first row"
    assert rows_of(found["speed"]) == [2, 0, 1, 1]


def test_a_box_without_height_has_a_speed():
    found = sliced(tracks([0, 1], [5] * 2, [[0, 0, 10, 0], [50, 0, 60, 0]]))
    assert rows_of(found["speed"]) == [0, 0, 1, 1]


def test_the_slices_of_each_kind_sum_to_the_counts_of_clear():
    for seed in range(60):
        found = random_pairing(seed)
        counts = clear.summarize(clear.evaluate(found))
        expected = [counts["CLR_TP"] + counts["CLR_FN"], counts["CLR_TP"], counts["MOTP_sum"]]
        expected.append(counts["IDSW"])
        for kind in slices.evaluate(found).kinds.values():
            assert np.sum([*counts_of(kind).values()], axis=0) == pytest.approx(expected)


@pytest.mark.parametrize(("truth", "prediction"), [([], []), ([(0, 1, 0)], []), ([], [(0, 1, 0)])])
def test_an_empty_side_is_sliced(truth, prediction):
    found = slices.evaluate(pairing(truth, prediction, frame_count=1)).kinds
    assert sum(rows_of(found["crowding"])) == len(truth)
    assert rows_of(found["speed"]) == [0, 0, 0, len(truth)]


def test_sequences_are_added_in_any_order_for_each_kind_that_they_have():
    boxes = [[0, 0, 9, 9]] * 2
    one = slices.Partial(sliced(tracks([0, 1], [1, 1], boxes, [0.1, 0.9])))
    other = slices.Partial(sliced(tracks([0, 1], [1, 1], boxes)))
    total = slices.combine([one, other])
    assert total == slices.combine([other, one])
    assert rows_of(total.kinds["size"]) == [4, 0, 0]
    assert rows_of(total.kinds["visibility"]) == [1, 0, 0, 1]


def test_a_score_file_stores_slices_and_a_total_adds_them():
    truth = tracks([0, 1], [1, 1], [[0, 0, 9, 9]] * 2)
    score = score_tracks(truth, truth, "plain", ["clear", "slices"])
    partial = score["classes"]["person"]["partials"]["slices"]
    family = load_family("slices")
    assert partial_to_json(partial_from_json(family, partial)) == partial
    total = combine_scores([score, score])["classes"]["person"]["partials"]["slices"]
    assert total["kinds"]["speed"][2:] == [["fast, ≥ 0.1", 0, 0, 0, 0], ["first row", 2, 2, 2, 0]]


def test_slices_change_no_other_value():
    found = {"person": random_pairing(1)}
    without = score_pairings(found, "plain", ["clear"])
    with_slices = score_pairings(found, "plain", ["clear", "slices"])
    assert with_slices["classes"]["person"]["partials"].pop("slices")
    assert with_slices == without


def test_the_text_table_shows_slices():
    values = {"sequences": {}, "combined": {}}
    kinds = {"size": [["small", 8, 4, 3, 2], ["large", 0, 0, 0, 0]]}
    found = {"classes": {"person": values | {"slices": kinds}}, "columns": []}
    _, _, *lines = [line.split() for line in table(found)]
    assert lines == [
        ["by", "size", "rows", "recall", "IoU", "IDSW/1000"],
        ["small", "8", "50.000", "75.000", "250.000"],
        ["large", "0", "-", "-", "-"],
    ]
