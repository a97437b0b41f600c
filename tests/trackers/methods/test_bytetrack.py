"""Every rule of ByteTrack's life cycle, on detections that can be checked by hand."""

from __future__ import annotations

import pytest

from tests.support.trackers.box_playback import FAR, HERE, play, step_outputs

HIGH, LOW, NONE = [(HERE, 0.9)], [(HERE, 0.3)], []


def test_a_track_that_starts_in_the_first_frame_is_reported_at_once():
    assert play("bytetrack", [HIGH, HIGH]) == [[1], [1]]


def test_a_later_track_is_confirmed_in_the_next_frame():
    assert play("bytetrack", [NONE, HIGH, HIGH]) == [[], [], [1]]


def test_an_unconfirmed_track_ends_at_its_first_miss():
    assert play("bytetrack", [NONE, HIGH, NONE, HIGH, HIGH])[-1] == [2]


def test_a_high_score_detection_below_the_birth_threshold_starts_no_track():
    assert play("bytetrack", [[(HERE, 0.65)], [(HERE, 0.65)]]) == [[], []]
    assert play("bytetrack", [[(HERE, 0.7)]]) == [[1]]


def test_the_second_association_continues_a_track_with_low_score_detections():
    assert play("bytetrack", [HIGH, LOW, LOW]) == [[1], [1], [1]]


def test_a_low_score_detection_starts_no_track():
    assert play("bytetrack", [LOW, LOW]) == [[], []]


def test_detections_at_or_below_the_low_threshold_are_ignored():
    assert play("bytetrack", [HIGH, [(HERE, 0.1)]]) == [[1], []]


def test_the_second_association_requires_an_iou_of_one_half():
    half = [0, 6.5, 10, 26.5]  # IoU 13.5 / 26.5 > 0.5 with HERE
    less = [0, 7, 10, 27]  # IoU 13 / 27 < 0.5
    assert play("bytetrack", [HIGH, [(half, 0.3)]])[-1] == [1]
    assert play("bytetrack", [HIGH, [(less, 0.3)]])[-1] == []


def test_a_lost_track_is_recovered_only_by_a_high_score_detection():
    assert play("bytetrack", [HIGH, NONE, LOW, HIGH]) == [[1], [], [], [1]]


def test_the_first_association_multiplies_iou_by_score():
    third = [0, 10, 10, 30]  # IoU 1/3 with HERE
    assert play("bytetrack", [HIGH, [(third, 0.65)]])[-1] == [1]  # 0.217 >= 0.2
    less = [0, 11, 10, 31]  # IoU 9/31
    assert play("bytetrack", [HIGH, [(less, 0.65)]])[-1] == []  # 0.189 < 0.2


@pytest.mark.parametrize(("frame_rate", "max_lost"), [(30, 30), (15, 15)])
def test_a_lost_track_ends_after_the_buffer_scaled_by_the_frame_rate(frame_rate, max_lost):
    kept = [HIGH] + [NONE] * max_lost + [HIGH]
    ended = [HIGH] + [NONE] * (max_lost + 1) + [HIGH, HIGH]
    assert play("bytetrack", kept, frame_rate)[-1] == [1]
    assert play("bytetrack", ended, frame_rate)[-1] == [2]


def test_the_older_of_two_duplicates_is_kept():
    # 1 is lost; 2 starts below it, passes the predicted box of 1 and is the older track by then
    passing = [[([0, 20 - t, 10, 40 - t], 0.9)] for t in range(27)]
    passing[-2:] = [[*frame, (HERE, 0.9)] for frame in passing[-2:]]
    reported = play("bytetrack", [HIGH, HIGH, HIGH, NONE, *passing])
    assert reported[5:-2] == [[2]] * 24
    # 1 was deleted, so a detection in its place starts a new track, confirmed in the second frame
    assert reported[-2:] == [[2], [2, 3]]


def test_a_track_is_never_matched_to_another_class():
    assert play("bytetrack", [[(HERE, 0.9, 1)], [(HERE, 0.9, 2)]])[-1] == []


def test_scores_are_those_of_the_detections():
    scores = step_outputs("bytetrack", [[(HERE, 0.9), (FAR, 0.8)]])[0].score
    assert sorted(scores.tolist()) == [0.8, 0.9]


def test_an_unconfirmed_track_needs_a_similarity_of_three_tenths():
    some = [0, 9, 10, 29]  # IoU 11/29 with HERE, times 0.85 is 0.32
    less = [0, 10, 10, 30]  # IoU 1/3, times 0.85 is 0.28
    assert play("bytetrack", [NONE, HIGH, [(some, 0.85)]])[-1] == [1]
    assert play("bytetrack", [NONE, HIGH, [(less, 0.85)]])[-1] == []


def test_a_lost_track_keeps_its_height():
    growing = [[([0, -4.0 * t, 10, 20], 0.9)] for t in range(12)]  # from 20 to 64 high
    outputs = step_outputs("bytetrack", [*growing, *[NONE] * 6, [([0, -44, 10, 20], 0.9)]])
    assert outputs[-1].track.tolist() == [1]
    # had the height kept growing by 4 per frame, the last update would leave it far above 65
    assert outputs[-1].box[0, 3] - outputs[-1].box[0, 1] < 65
