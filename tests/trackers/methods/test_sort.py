"""Each rule of SORT's life cycle, on detections one can check by hand."""

from __future__ import annotations

from tests.support.trackers.stage import FAR, HERE, answers, play

SEEN, NONE = [(HERE, 0.9)], []


def test_birth_in_the_first_frames_is_reported_at_once():
    assert play("sort", [SEEN, SEEN, SEEN]) == [[1], [1], [1]]


def test_birth_later_is_reported_after_three_more_detections_in_a_row():
    frames = [NONE] * 5 + [SEEN] * 5
    assert play("sort", frames) == [[]] * 8 + [[1], [1]]


def test_a_miss_begins_the_streak_anew():
    frames = [SEEN] * 5 + [NONE] + [SEEN] * 4
    assert play("sort", frames)[5:] == [[], [], [], [1], [1]]


def test_death_comes_at_the_second_miss():
    survives = [SEEN] * 5 + [NONE] + [SEEN] * 4
    dies = [SEEN] * 5 + [NONE] * 2 + [SEEN] * 4
    assert play("sort", survives)[-1] == [1]
    assert play("sort", dies)[-1] == [2]


def test_max_age_lets_a_target_live_longer():
    assert play("sort", [SEEN] * 5 + [NONE] * 2 + [SEEN] * 4, max_age=2)[-1] == [1]


def test_too_little_overlap_is_no_match():
    half = [[0, 10, 10, 30], 0.9]  # IoU 1/3 with HERE
    third = [[0, 11, 10, 31], 0.9]  # IoU 9/31 < 0.3
    assert play("sort", [SEEN, [half]])[-1] == [1]
    assert play("sort", [SEEN, [third]])[-1] == [2]


def test_two_targets_keep_their_identities_whatever_the_order_of_detections():
    one, two = (HERE, 0.9), (FAR, 0.8)
    given = answers("sort", [[one, two], [two, one]])
    for answer in given:
        by_left = answer.box[:, 0].argsort()
        assert answer.track[by_left].tolist() == [1, 2]


def test_the_best_total_overlap_decides():
    # 1 fits detection A better than B, but 2 fits A only: SORT takes the best sum
    first = [([0, 0, 10, 20], 0.9), ([6, 0, 16, 20], 0.9)]
    then = [([3, 0, 13, 20], 0.9), ([-3, 0, 7, 20], 0.9)]
    answer = answers("sort", [first, then])[-1]
    assert answer.track[answer.box[:, 0].argsort()].tolist() == [1, 2]


def test_a_target_is_never_matched_to_another_class():
    assert play("sort", [[(HERE, 0.9, 1)], [(HERE, 0.9, 2)]])[-1] == [2]


def test_identities_begin_anew_with_each_sequence():
    assert play("sort", [SEEN]) == play("sort", [SEEN]) == [[1]]


def test_what_fits_too_little_is_rejected_after_the_matching_and_not_before():
    # straight: IoU 0.33 + 0; crosswise: 0.29 + 0.29, which is more, and then both are refused
    first = [([0, 0, 10, 20], 0.9), ([0, 21, 10, 41], 0.9)]
    then = [([0, 10, 10, 30], 0.9), ([0, -11, 10, 9], 0.9)]
    assert play("sort", [first, then])[-1] == [3, 4]


def test_detections_with_negative_scores_are_looked_at():
    assert play("sort", [[(HERE, -0.5)]] * 2) == [[1], [1]]
    assert play("sort", [[(HERE, -0.5)]] * 2, min_score=0) == [[], []]
