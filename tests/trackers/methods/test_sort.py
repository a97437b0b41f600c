"""Every rule of SORT's life cycle, on detections that can be checked by hand."""

from __future__ import annotations

from tests.support.trackers.box_playback import FAR, HERE, play, step_outputs

DETECTED, NONE = [(HERE, 0.9)], []


def test_a_track_that_starts_in_the_first_frames_is_reported_at_once():
    assert play("sort", [DETECTED, DETECTED, DETECTED]) == [[1], [1], [1]]


def test_a_later_track_is_reported_after_three_more_consecutive_detections():
    frames = [NONE] * 5 + [DETECTED] * 5
    assert play("sort", frames) == [[]] * 8 + [[1], [1]]


def test_a_miss_resets_the_streak():
    frames = [DETECTED] * 5 + [NONE] + [DETECTED] * 4
    assert play("sort", frames)[5:] == [[], [], [], [1], [1]]


def test_a_track_ends_at_its_second_miss():
    kept = [DETECTED] * 5 + [NONE] + [DETECTED] * 4
    ended = [DETECTED] * 5 + [NONE] * 2 + [DETECTED] * 4
    assert play("sort", kept)[-1] == [1]
    assert play("sort", ended)[-1] == [2]


def test_a_larger_max_age_keeps_a_track_longer():
    assert play("sort", [DETECTED] * 5 + [NONE] * 2 + [DETECTED] * 4, max_age=2)[-1] == [1]


def test_an_iou_below_the_threshold_is_no_match():
    half = [[0, 10, 10, 30], 0.9]  # IoU 1/3 with HERE
    third = [[0, 11, 10, 31], 0.9]  # IoU 9/31 < 0.3
    assert play("sort", [DETECTED, [half]])[-1] == [1]
    assert play("sort", [DETECTED, [third]])[-1] == [2]


def test_track_ids_do_not_depend_on_the_order_of_detections():
    one, two = (HERE, 0.9), (FAR, 0.8)
    for output in step_outputs("sort", [[one, two], [two, one]]):
        by_left = output.box[:, 0].argsort()
        assert output.track[by_left].tolist() == [1, 2]


def test_the_matching_maximises_the_total_iou():
    # 1 overlaps detection A more than B, but 2 overlaps A only: SORT takes the largest sum
    first = [([0, 0, 10, 20], 0.9), ([6, 0, 16, 20], 0.9)]
    then = [([3, 0, 13, 20], 0.9), ([-3, 0, 7, 20], 0.9)]
    output = step_outputs("sort", [first, then])[-1]
    assert output.track[output.box[:, 0].argsort()].tolist() == [1, 2]


def test_a_track_is_never_matched_to_another_class():
    assert play("sort", [[(HERE, 0.9, 1)], [(HERE, 0.9, 2)]])[-1] == [2]


def test_track_ids_restart_with_each_sequence():
    assert play("sort", [DETECTED]) == play("sort", [DETECTED]) == [[1]]


def test_pairs_of_small_iou_are_rejected_after_the_matching_not_before():
    # in order: IoU 0.33 + 0; crossed: 0.29 + 0.29, which is larger, and then both are rejected
    first = [([0, 0, 10, 20], 0.9), ([0, 21, 10, 41], 0.9)]
    then = [([0, 10, 10, 30], 0.9), ([0, -11, 10, 9], 0.9)]
    assert play("sort", [first, then])[-1] == [3, 4]


def test_detections_with_negative_scores_are_used():
    assert play("sort", [[(HERE, -0.5)]] * 2) == [[1], [1]]
    assert play("sort", [[(HERE, -0.5)]] * 2, min_score=0) == [[], []]
