"""Every rule of DeepSORT's life cycle, on detections that can be checked by hand."""

from __future__ import annotations

from tests.support.trackers.box_playback import FAR, HERE, play, step_outputs

DETECTED, NONE = [(HERE, 0.9)], []


def shifted(by):
    return [([HERE[0], HERE[1] + by, HERE[2], HERE[3] + by], 0.9)]


def test_three_consecutive_detections_confirm_a_track():
    assert play("deepsort", [DETECTED] * 4) == [[], [], [1], [1]]


def test_a_tentative_track_ends_at_its_first_miss():
    assert play("deepsort", [DETECTED, DETECTED, NONE, DETECTED, DETECTED, DETECTED])[-1] == [2]


def test_a_confirmed_track_survives_max_age_frames():
    kept = [DETECTED] * 3 + [NONE] * 29 + [DETECTED]
    ended = [DETECTED] * 3 + [NONE] * 30 + [DETECTED] * 3
    assert play("deepsort", kept)[-1] == [1]
    assert play("deepsort", ended)[-1] == [2]


def test_the_gate_rejects_detections_too_far_for_the_uncertainty():
    # after three frames at rest the standard deviation of the position is below 2 pixels: 15 pixels
    # is outside the gate, and an IoU of 1/7 is too small for the IoU stage
    assert play("deepsort", [DETECTED] * 3 + [shifted(15)])[-1] == []
    assert play("deepsort", [DETECTED] * 3 + [shifted(4)])[-1] == [1]


def test_the_gate_widens_while_a_track_is_unmatched():
    assert play("deepsort", [DETECTED] * 3 + [NONE] * 8 + [shifted(15)])[-1] == [1]


def test_the_cascade_matches_the_most_recently_matched_first():
    # 1 was missed for one frame, 2 was not; both are within the gate of HERE, and 1 is nearer
    near = ([0, 3, 10, 23], 0.9)
    frames = [[(HERE, 0.9), near]] * 3 + [[near]] + [[(HERE, 0.9)]]
    reported = play("deepsort", frames)
    assert reported[2] == [1, 2]
    assert reported[3:] == [[2], [2]]


def test_the_iou_stage_includes_tracks_matched_in_the_previous_frame():
    # the jump leaves the gate, its IoU is 13/27 >= 0.3
    assert play("deepsort", [DETECTED] * 6 + [shifted(7)])[-1] == [1]


def test_the_iou_stage_excludes_tracks_missed_for_longer():
    # taller by a third: the height is outside the gate, the IoU is 3/4
    taller = [([0, -20 / 3, 10, 20], 0.9)]
    assert play("deepsort", [DETECTED] * 6 + [taller])[-1] == [1]
    assert play("deepsort", [DETECTED] * 6 + [NONE, taller])[-1] == []


def test_low_score_detections_are_ignored():
    assert play("deepsort", [[(HERE, 0.29)]] * 4)[-1] == []
    assert play("deepsort", [[(HERE, 0.3)]] * 4)[-1] == [1]


def test_overlapping_detections_can_be_suppressed():
    duplicates = [(HERE, 0.9), ([0, 1, 10, 21], 0.8)]
    assert play("deepsort", [duplicates] * 3)[-1] == [1, 2]
    assert play("deepsort", [duplicates] * 3, nms_max_overlap=0.5)[-1] == [1]


def test_a_coasted_box_is_reported_only_with_the_option():
    frames = [DETECTED] * 3 + [NONE] * 2
    assert play("deepsort", frames)[3:] == [[], []]
    assert play("deepsort", frames, report_coasted=True)[3:] == [[1], []]


def test_a_track_is_never_matched_to_another_class():
    frames = [[(HERE, 0.9, 1)]] * 3 + [[(HERE, 0.9, 2)]] * 3
    output = step_outputs("deepsort", frames)[-1]
    assert (output.track.tolist(), output.class_id.tolist()) == ([2], [2])


def test_two_distant_tracks_keep_their_ids():
    both = [(HERE, 0.9), (FAR, 0.8)]
    assert play("deepsort", [both] * 3 + [both[::-1]])[-1] == [1, 2]
