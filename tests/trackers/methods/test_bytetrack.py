"""Each rule of ByteTrack's life cycle, on detections one can check by hand."""

from __future__ import annotations

import pytest

from tests.support.trackers.stage import FAR, HERE, answers, play

SURE, UNSURE, NONE = [(HERE, 0.9)], [(HERE, 0.3)], []


def test_birth_in_the_first_frame_is_reported_at_once():
    assert play("bytetrack", [SURE, SURE]) == [[1], [1]]


def test_birth_later_is_confirmed_by_the_next_frame():
    assert play("bytetrack", [NONE, SURE, SURE]) == [[], [], [1]]


def test_an_unconfirmed_target_dies_at_its_first_miss():
    assert play("bytetrack", [NONE, SURE, NONE, SURE, SURE])[-1] == [2]


def test_a_sure_detection_below_the_birth_threshold_starts_nothing():
    assert play("bytetrack", [[(HERE, 0.65)], [(HERE, 0.65)]]) == [[], []]
    assert play("bytetrack", [[(HERE, 0.7)]]) == [[1]]


def test_the_second_association_keeps_a_target_through_unsure_detections():
    assert play("bytetrack", [SURE, UNSURE, UNSURE]) == [[1], [1], [1]]


def test_an_unsure_detection_starts_no_target():
    assert play("bytetrack", [UNSURE, UNSURE]) == [[], []]


def test_detections_at_or_below_the_low_threshold_are_not_looked_at():
    assert play("bytetrack", [SURE, [(HERE, 0.1)]]) == [[1], []]


def test_the_second_association_asks_for_half_the_box():
    half = [0, 6.5, 10, 26.5]  # IoU 13.5 / 26.5 > 0.5 with HERE
    less = [0, 7, 10, 27]  # IoU 13 / 27 < 0.5
    assert play("bytetrack", [SURE, [(half, 0.3)]])[-1] == [1]
    assert play("bytetrack", [SURE, [(less, 0.3)]])[-1] == []


def test_a_lost_target_is_found_again_only_by_a_sure_detection():
    assert play("bytetrack", [SURE, NONE, UNSURE, SURE]) == [[1], [], [], [1]]


def test_the_first_association_weighs_overlap_with_score():
    third = [0, 10, 10, 30]  # IoU 1/3 with HERE
    assert play("bytetrack", [SURE, [(third, 0.65)]])[-1] == [1]  # 0.217 >= 0.2
    less = [0, 11, 10, 31]  # IoU 9/31
    assert play("bytetrack", [SURE, [(less, 0.65)]])[-1] == []  # 0.189 < 0.2


@pytest.mark.parametrize(("frame_rate", "patience"), [(30, 30), (15, 15)])
def test_a_lost_target_dies_after_the_buffer_scaled_by_the_frame_rate(frame_rate, patience):
    kept = [SURE] + [NONE] * patience + [SURE]
    gone = [SURE] + [NONE] * (patience + 1) + [SURE, SURE]
    assert play("bytetrack", kept, frame_rate)[-1] == [1]
    assert play("bytetrack", gone, frame_rate)[-1] == [2]


def test_of_two_doubles_the_older_stays():
    # 1 is lost; 2, born below it, walks through where 1 is expected and has lived longer by then
    passing = [[([0, 20 - t, 10, 40 - t], 0.9)] for t in range(27)]
    passing[-2:] = [[*frame, (HERE, 0.9)] for frame in passing[-2:]]
    reported = play("bytetrack", [SURE, SURE, SURE, NONE, *passing])
    assert reported[5:-2] == [[2]] * 24
    # 1 was given up, so who comes to its place is somebody new, confirmed in the second frame
    assert reported[-2:] == [[2], [2, 3]]


def test_a_target_is_never_matched_to_another_class():
    assert play("bytetrack", [[(HERE, 0.9, 1)], [(HERE, 0.9, 2)]])[-1] == []


def test_scores_are_those_of_the_detection():
    scores = answers("bytetrack", [[(HERE, 0.9), (FAR, 0.8)]])[0].score
    assert sorted(scores.tolist()) == [0.8, 0.9]


def test_an_unconfirmed_target_needs_a_similarity_of_three_tenths():
    some = [0, 9, 10, 29]  # IoU 11/29 with HERE, times 0.85 is 0.32
    less = [0, 10, 10, 30]  # IoU 1/3, times 0.85 is 0.28
    assert play("bytetrack", [NONE, SURE, [(some, 0.85)]])[-1] == [1]
    assert play("bytetrack", [NONE, SURE, [(less, 0.85)]])[-1] == []


def test_a_lost_target_keeps_its_height():
    growing = [[([0, -4.0 * t, 10, 20], 0.9)] for t in range(12)]  # from 20 to 64 high
    given = answers("bytetrack", [*growing, *[NONE] * 6, [([0, -44, 10, 20], 0.9)]])
    assert given[-1].track.tolist() == [1]
    # had it gone on growing by 4 a frame, its height would now be pulled back from far above
    assert given[-1].box[0, 3] - given[-1].box[0, 1] < 65
