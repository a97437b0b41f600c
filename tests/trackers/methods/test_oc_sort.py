"""Each rule of OC-SORT, on detections one can check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.types import Detections, Extent, Frame, Sequence
from tests.support.trackers.stage import HERE, answers, play
from trackers.contract import load_tracker

SEEN, UNSURE, NONE = [(HERE, 0.9)], [(HERE, 0.3)], []


def wide(left):
    """A frame with one box of 40 x 20 that begins at `left`."""
    return [([left, 0, left + 40, 20], 0.9)]


def left_of_first(frames, **options):
    """Where target 1 is reported in the last frame."""
    answer = answers("oc_sort", frames, **options)[-1]
    return answer.box[answer.track == 1, 0].tolist()


def test_birth_in_the_first_frames_is_reported_at_once():
    assert play("oc_sort", [SEEN, SEEN, SEEN]) == [[1], [1], [1]]


def test_birth_later_is_reported_after_three_more_detections_in_a_row():
    assert play("oc_sort", [NONE] * 5 + [SEEN] * 5) == [[]] * 8 + [[1], [1]]


def test_the_box_reported_is_the_one_observed():
    given = answers("oc_sort", [wide(0), wide(7), wide(3)])
    assert [answer.box.tolist() for answer in given] == [[[x, 0, x + 40, 20]] for x in (0, 7, 3)]


def test_a_target_is_found_again_until_max_age():
    kept, gone = [SEEN] + [NONE] * 30 + [SEEN] * 4, [SEEN] + [NONE] * 31 + [SEEN] * 4
    assert play("oc_sort", kept)[-1] == [1]
    assert play("oc_sort", gone)[-1] == [2]
    assert play("oc_sort", [SEEN, NONE, NONE] + [SEEN] * 4, max_age=1)[-1] == [2]


def test_too_little_overlap_is_no_match():
    half = [([0, 10, 10, 30], 0.9)]  # IoU 1/3 with HERE
    third = [([0, 11, 10, 31], 0.9)]  # IoU 9/31 < 0.3
    assert play("oc_sort", [SEEN, half])[-1] == [1]
    assert play("oc_sort", [SEEN, third])[-1] == [2]


def test_the_direction_decides_between_boxes_that_overlap_alike():
    # expected near 16: ahead IoU 24/56, behind 25/55; seen three frames ago: 4
    frames = [wide(0), wide(4), wide(8), wide(12), wide(32) + wide(1)]
    assert left_of_first(frames) == [32]
    assert left_of_first(frames, inertia=0.0) == [1]


def test_the_direction_is_that_of_delta_t_frames():
    # to the right over three frames, to the left over the last one
    frames = [wide(0), wide(4), wide(8), wide(7), wide(24) + wide(-5)]
    assert left_of_first(frames, inertia=0.5, delta_t=3) == [24]
    assert left_of_first(frames, inertia=0.5, delta_t=1) == [-5]


def test_a_newborn_target_has_no_direction():
    frames = [wide(0), wide(12) + wide(-11)]
    assert left_of_first(frames, inertia=1.0) == [-11]


def test_who_comes_back_where_last_observed_is_recovered():
    # the filter goes on to 55 and further, where nobody is
    moving = [[([5 * t, 0, 5 * t + 10, 20], 0.9)] for t in range(5)]
    frames = [*moving, *[NONE] * 6, *[moving[-1]] * 4]
    assert play("oc_sort", frames)[-1] == [1]


def test_after_a_gap_the_filter_is_as_if_it_had_seen_the_straight_path():
    path = [np.array([3.0 * t, t, 3 * t + 10 + t / 4, 20 + 2 * t]) for t in range(9)]
    with_gap = [box if t not in {5, 6, 7} else None for t, box in enumerate(path)]
    whole, gap = beliefs(path), beliefs(with_gap)
    for name in ("position", "velocity", "position_variance", "covariance", "velocity_variance"):
        assert getattr(gap, name) == pytest.approx(getattr(whole, name), rel=1e-12)


def beliefs(path):
    """What the filter believes after a path of one box a frame, None where nothing is seen."""
    tracker = load_tracker("oc_sort", {})
    tracker.start(Sequence("stage", "one", Extent(480, 640, len(path), {1: "person"}), 30))
    for index, box in enumerate(path):
        boxes = np.zeros((0, 4)) if box is None else box[None]
        ones = np.ones(len(boxes))
        told = tracker.step(Frame(index, None, Detections(boxes, ones, ones.astype(int))))
    assert told.track.tolist() in ([1], [])
    assert len(tracker._targets.observed) == 1, "found again, not born anew"
    return tracker._targets.motion


def test_unsure_detections_are_used_only_if_asked_for():
    frames = [SEEN, UNSURE, UNSURE]
    assert play("oc_sort", frames) == [[1], [], []]
    assert play("oc_sort", frames, use_low_scores=True) == [[1], [1], [1]]


def test_unsure_detections_start_no_target_and_go_to_who_is_left():
    assert play("oc_sort", [UNSURE] * 2, use_low_scores=True) == [[], []]
    below = [(HERE, 0.05)]
    assert play("oc_sort", [SEEN, below], use_low_scores=True) == [[1], []]
    given = answers("oc_sort", [SEEN, [(HERE, 0.3), ([0, 5, 10, 25], 0.8)]], use_low_scores=True)
    assert given[-1].score.tolist() == [0.8]


def test_a_target_is_never_matched_to_another_class():
    assert play("oc_sort", [[(HERE, 0.9, 1)], [(HERE, 0.9, 2)]])[-1] == [2]


def test_what_makes_no_direction_is_refused():
    with pytest.raises(ValueError, match="delta_t: 0 found, expected an integer of at least 1"):
        load_tracker("oc_sort", {"delta_t": 0})
