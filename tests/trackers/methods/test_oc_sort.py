"""Every rule of OC-SORT, on detections that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.types import Detections, Extent, Frame, Sequence
from tests.support.trackers.box_playback import HERE, play, step_outputs
from trackers.contract import load_tracker

DETECTED, LOW, NONE = [(HERE, 0.9)], [(HERE, 0.3)], []


def wide(left):
    """Return a frame with one box of 40 x 20 pixels whose left side is at `left`."""
    return [([left, 0, left + 40, 20], 0.9)]


def left_of_first(frames, **options):
    """Return the left side of track 1 in the last frame."""
    output = step_outputs("oc_sort", frames, **options)[-1]
    return output.box[output.track == 1, 0].tolist()


def test_a_track_that_starts_in_the_first_frames_is_reported_at_once():
    assert play("oc_sort", [DETECTED, DETECTED, DETECTED]) == [[1], [1], [1]]


def test_a_later_track_is_reported_after_three_more_consecutive_detections():
    assert play("oc_sort", [NONE] * 5 + [DETECTED] * 5) == [[]] * 8 + [[1], [1]]


def test_the_reported_box_is_the_observed_one():
    outputs = step_outputs("oc_sort", [wide(0), wide(7), wide(3)])
    assert [output.box.tolist() for output in outputs] == [[[x, 0, x + 40, 20]] for x in (0, 7, 3)]


def test_a_track_is_recovered_until_max_age():
    kept = [DETECTED] + [NONE] * 30 + [DETECTED] * 4
    ended = [DETECTED] + [NONE] * 31 + [DETECTED] * 4
    assert play("oc_sort", kept)[-1] == [1]
    assert play("oc_sort", ended)[-1] == [2]
    assert play("oc_sort", [DETECTED, NONE, NONE] + [DETECTED] * 4, max_age=1)[-1] == [2]


def test_an_iou_below_the_threshold_is_no_match():
    half = [([0, 10, 10, 30], 0.9)]  # IoU 1/3 with HERE
    third = [([0, 11, 10, 31], 0.9)]  # IoU 9/31 < 0.3
    assert play("oc_sort", [DETECTED, half])[-1] == [1]
    assert play("oc_sort", [DETECTED, third])[-1] == [2]


def test_the_direction_decides_between_boxes_of_similar_iou():
    # predicted near 16: IoU 24/56 ahead, 25/55 behind; observed at 4 three frames ago
    frames = [wide(0), wide(4), wide(8), wide(12), wide(32) + wide(1)]
    assert left_of_first(frames) == [32]
    assert left_of_first(frames, inertia=0.0) == [1]


def test_the_direction_spans_delta_t_frames():
    # to the right over three frames, to the left over the last one
    frames = [wide(0), wide(4), wide(8), wide(7), wide(24) + wide(-5)]
    assert left_of_first(frames, inertia=0.5, delta_t=3) == [24]
    assert left_of_first(frames, inertia=0.5, delta_t=1) == [-5]


def test_a_new_track_has_no_direction():
    frames = [wide(0), wide(12) + wide(-11)]
    assert left_of_first(frames, inertia=1.0) == [-11]


def test_a_track_is_recovered_where_it_was_last_observed():
    # the filter predicts 55 and beyond, where there is no detection
    moving = [[([5 * t, 0, 5 * t + 10, 20], 0.9)] for t in range(5)]
    frames = [*moving, *[NONE] * 6, *[moving[-1]] * 4]
    assert play("oc_sort", frames)[-1] == [1]


def test_after_a_gap_the_filter_equals_one_that_observed_the_straight_path():
    path = [np.array([3.0 * t, t, 3 * t + 10 + t / 4, 20 + 2 * t]) for t in range(9)]
    with_gap = [box if t not in {5, 6, 7} else None for t, box in enumerate(path)]
    whole, gap = final_state(path), final_state(with_gap)
    for name in ("position", "velocity", "position_variance", "covariance", "velocity_variance"):
        assert getattr(gap, name) == pytest.approx(getattr(whole, name), rel=1e-12)


def final_state(path):
    """Return the filter state after a path of one box per frame, None without a detection."""
    tracker = load_tracker("oc_sort", {})
    tracker.start(Sequence("stage", "one", Extent(480, 640, len(path), {1: "person"}), 30))
    for index, box in enumerate(path):
        boxes = np.zeros((0, 4)) if box is None else box[None]
        ones = np.ones(len(boxes))
        output = tracker.step(Frame(index, None, Detections(boxes, ones, ones.astype(int))))
    assert output.track.tolist() in ([1], [])
    assert len(tracker.targets.observed) == 1, "recovered, not started again"
    return tracker.targets.motion


def test_low_scores_are_used_only_with_the_option():
    frames = [DETECTED, LOW, LOW]
    assert play("oc_sort", frames) == [[1], [], []]
    assert play("oc_sort", frames, use_low_scores=True) == [[1], [1], [1]]


def test_low_scores_start_no_track_and_match_only_remaining_tracks():
    assert play("oc_sort", [LOW] * 2, use_low_scores=True) == [[], []]
    below = [(HERE, 0.05)]
    assert play("oc_sort", [DETECTED, below], use_low_scores=True) == [[1], []]
    frames = [DETECTED, [(HERE, 0.3), ([0, 5, 10, 25], 0.8)]]
    outputs = step_outputs("oc_sort", frames, use_low_scores=True)
    assert outputs[-1].score.tolist() == [0.8]


def test_a_track_is_never_matched_to_another_class():
    assert play("oc_sort", [[(HERE, 0.9, 1)], [(HERE, 0.9, 2)]])[-1] == [2]


def test_a_delta_t_of_zero_is_rejected():
    with pytest.raises(ValueError, match="delta_t: expected an integer of at least 1, found 0"):
        load_tracker("oc_sort", {"delta_t": 0})
