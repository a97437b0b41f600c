"""Each rule of DeepSORT's life cycle, on detections one can check by hand."""

from __future__ import annotations

from tests.support.trackers.stage import FAR, HERE, answers, play

SEEN, NONE = [(HERE, 0.9)], []


def shifted(by):
    return [([HERE[0], HERE[1] + by, HERE[2], HERE[3] + by], 0.9)]


def test_three_detections_in_a_row_confirm():
    assert play("deepsort", [SEEN] * 4) == [[], [], [1], [1]]


def test_a_tentative_target_dies_at_its_first_miss():
    assert play("deepsort", [SEEN, SEEN, NONE, SEEN, SEEN, SEEN])[-1] == [2]


def test_a_confirmed_target_lives_through_max_age_misses():
    kept = [SEEN] * 3 + [NONE] * 29 + [SEEN]
    gone = [SEEN] * 3 + [NONE] * 30 + [SEEN] * 3
    assert play("deepsort", kept)[-1] == [1]
    assert play("deepsort", gone)[-1] == [2]


def test_the_gate_refuses_what_is_too_far_for_its_uncertainty():
    # after three still frames the position deviates by less than 2 of 20 pixels: 15 away is out of
    # the gate, and its IoU of 1/7 is too small for the IoU stage
    assert play("deepsort", [SEEN] * 3 + [shifted(15)])[-1] == []
    assert play("deepsort", [SEEN] * 3 + [shifted(4)])[-1] == [1]


def test_the_gate_widens_while_a_target_is_not_seen():
    assert play("deepsort", [SEEN] * 3 + [NONE] * 8 + [shifted(15)])[-1] == [1]


def test_the_cascade_serves_the_most_recently_seen_first():
    # 1 was missed for a frame, 2 was not; both could be at HERE, and 1 is nearer
    near = ([0, 3, 10, 23], 0.9)
    frames = [[(HERE, 0.9), near]] * 3 + [[near]] + [[(HERE, 0.9)]]
    reported = play("deepsort", frames)
    assert reported[2] == [1, 2]
    assert reported[3:] == [[2], [2]]


def test_the_iou_stage_serves_those_seen_in_the_frame_before():
    # a jump out of the gate whose IoU is 13/27 >= 0.3
    assert play("deepsort", [SEEN] * 6 + [shifted(7)])[-1] == [1]


def test_the_iou_stage_leaves_out_those_missed_for_longer():
    # taller by a third: out of the gate by its height, with an IoU of 3/4
    taller = [([0, -20 / 3, 10, 20], 0.9)]
    assert play("deepsort", [SEEN] * 6 + [taller])[-1] == [1]
    assert play("deepsort", [SEEN] * 6 + [NONE, taller])[-1] == []


def test_unsure_detections_are_not_looked_at():
    assert play("deepsort", [[(HERE, 0.29)]] * 4)[-1] == []
    assert play("deepsort", [[(HERE, 0.3)]] * 4)[-1] == [1]


def test_overlapping_detections_can_be_suppressed():
    double = [(HERE, 0.9), ([0, 1, 10, 21], 0.8)]
    assert play("deepsort", [double] * 3)[-1] == [1, 2]
    assert play("deepsort", [double] * 3, nms_max_overlap=0.5)[-1] == [1]


def test_a_coasted_box_is_reported_only_if_asked_for():
    frames = [SEEN] * 3 + [NONE] * 2
    assert play("deepsort", frames)[3:] == [[], []]
    assert play("deepsort", frames, report_coasted=True)[3:] == [[1], []]


def test_a_target_is_never_matched_to_another_class():
    frames = [[(HERE, 0.9, 1)]] * 3 + [[(HERE, 0.9, 2)]] * 3
    given = answers("deepsort", frames)[-1]
    assert (given.track.tolist(), given.class_id.tolist()) == ([2], [2])


def test_two_targets_apart_keep_their_identities():
    both = [(HERE, 0.9), (FAR, 0.8)]
    assert play("deepsort", [both] * 3 + [both[::-1]])[-1] == [1, 2]
