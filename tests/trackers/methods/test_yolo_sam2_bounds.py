"""Masks that fail do not pile up: failed prompts, scraps and the maximum number of objects."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.io.mended import take_mended
from datasets.types import Detections, Extent, Frame, Sequence
from tests.support.trackers.scripted_session import ScriptedSession
from trackers.detectors.source import DetectionSource
from trackers.methods.yolo_sam2.life_cycle import ObjectStates
from trackers.methods.yolo_sam2.options import LifeCycleOptions
from trackers.methods.yolo_sam2.tracker import OnlineTracker
from trackers.networks.runner import NetworkRunner

SIDE = 60
HERE, NEAR, THERE, ELSEWHERE = [0, 0, 10, 20], [2, 0, 12, 20], [30, 0, 40, 20], [45, 30, 55, 50]
IMAGE = np.zeros((SIDE, SIDE, 3), np.uint8)


def whole(identity, box, age):
    """The whole box of the prompt."""
    return [box.astype(int).tolist()]


def play(script, frames, max_objects=32, max_lost_frames=3, interval=0):
    """Return the tracker output for each frame.

    Args:
        frames: For each frame a list of boxes, or of (box, score).
    """
    states = ObjectStates(LifeCycleOptions(max_lost_frames=max_lost_frames))
    session, source = ScriptedSession(script, SIDE), DetectionSource(None, NetworkRunner(), 0.5)
    tracker = OnlineTracker(session, source, None, states, interval, max_objects)
    extent = Extent(SIDE, SIDE, len(frames), {1: "person"})
    tracker.start(Sequence("stage", "one", extent, 10.0))
    return [tracker.step(Frame(i, IMAGE, detections(rows))) for i, rows in enumerate(frames)]


def detections(rows):
    rows = [row if isinstance(row, tuple) else (row, 0.9) for row in rows]
    box = np.array([box for box, _ in rows], float).reshape(-1, 4)
    return Detections(box, np.array([score for _, score in rows], float), np.ones(len(rows), int))


def ids(outputs):
    return [output.track.tolist() for output in outputs]


@pytest.fixture(autouse=True)
def notes():
    take_mended()
    yield
    take_mended()


def test_a_speck_far_away_does_not_widen_the_reported_box():
    (output,) = play(lambda *of: [*whole(*of), [50, 50, 51, 53]], [[HERE]])
    assert output.box.tolist() == [HERE]
    assert output.mask[0, 51, 50], "the mask is reported as it is"


def test_an_object_whose_first_mask_does_not_match_its_prompt_does_not_start():
    def fails_there(identity, box, age):
        return [ELSEWHERE] if box.tolist() == THERE else whole(identity, box, age)

    assert ids(play(fails_there, [[HERE, THERE]] * 3)) == [[1]] * 3


def test_failed_prompts_use_up_no_track_ids():
    fails = ids(play(lambda identity, box, age: [ELSEWHERE], [[HERE]] * 4))
    later = ids(
        play(lambda i, box, a: [HERE] if box[0] == 2 else [ELSEWHERE], [[HERE]] * 4 + [[NEAR]])
    )
    assert fails == [[]] * 4
    assert later == [[]] * 4 + [[1]]


def vanishes(identity, box, age):
    """The whole box in the frame of a prompt, then three of its 200 pixels."""
    left, top = box[:2].astype(int)
    return whole(identity, box, age) if age == 0 else [[left, top, left + 3, top + 1]]


def test_a_detection_of_an_object_with_a_scrap_for_a_mask_prompts_it_again():
    outputs = play(vanishes, [[HERE], [NEAR], [HERE], [NEAR]])
    assert ids(outputs) == [[1]] * 4
    assert outputs[3].box.tolist() == [NEAR]


def test_a_detection_elsewhere_starts_an_object_of_its_own():
    assert ids(play(vanishes, [[HERE], [THERE]]))[1] == [1, 2]


@pytest.mark.parametrize(("undetected", "last"), [(4, [1]), (5, [1, 2])])
def test_only_a_recent_detection_prompts_an_object_again(undetected, last):
    frames = [[HERE], *[[]] * undetected, [HERE]]
    assert ids(play(vanishes, frames, max_lost_frames=25))[-1] == last


def test_an_object_whose_mask_stays_a_scrap_ends():
    outputs = ids(play(vanishes, [[HERE]] + [[]] * 5, max_lost_frames=3))
    assert outputs == [[1]] * 4 + [[]] * 2


def test_a_small_mask_is_no_scrap_from_a_share_of_the_detection_on():
    def small(identity, box, age):
        return whole(identity, box, age) if age == 0 else [[0, 0, 10, 1]]  # 10 of 200 pixels

    assert ids(play(small, [[HERE]] + [[]] * 8, max_lost_frames=3)) == [[1]] * 9


def test_an_object_that_no_detection_matches_for_long_ends():
    outputs = ids(play(whole, [[HERE], [THERE], *[[]] * 85]))
    assert outputs[85:] == [[1, 2], [2]], "undetected in 85 and in 84 frames before the last"


def test_the_best_detections_become_objects_where_there_are_too_many():
    frame = [(HERE, 0.6), (THERE, 0.9), (ELSEWHERE, 0.8)]
    outputs = play(whole, [frame, frame], max_objects=2)
    assert ids(outputs) == [[1, 2]] * 2
    assert outputs[0].box.tolist() == [THERE, ELSEWHERE]
    assert take_mended() == {
        "detections that start no object, because there are max_objects already": 2
    }


def test_a_detection_replaces_the_object_longest_without_one():
    frames = [[HERE, THERE], [HERE], [], [ELSEWHERE]]
    assert ids(play(whole, frames, max_objects=2)) == [[1, 2]] * 3 + [[1, 3]]
    assert take_mended() == {"objects replaced, because there are max_objects already": 1}


def test_of_objects_undetected_for_equally_long_the_oldest_is_replaced():
    assert ids(play(whole, [[HERE, THERE], [], [ELSEWHERE]], max_objects=2))[2] == [2, 3]


def test_detected_objects_are_not_replaced():
    frames = [[HERE, THERE], [HERE, THERE, (ELSEWHERE, 1.0)]]
    assert ids(play(whole, frames, max_objects=2)) == [[1, 2]] * 2


def test_the_bound_holds_whatever_is_detected():
    draw = np.random.default_rng(0)

    def noise(identity, box, age):
        return whole(identity, box, age) if age == 0 else [draw.integers(0, SIDE, 4).tolist()]

    corners = np.random.default_rng(1).integers(0, 40, (15, 5, 2))
    frames = [[[x, y, x + 10, y + 20] for x, y in frame] for frame in corners.tolist()]
    outputs = play(noise, frames, max_objects=4)
    assert max(len(output.track) for output in outputs) <= 4
    assert len({track for each in ids(outputs) for track in each}) > 4
    assert take_mended()


def test_two_runs_give_the_same_output():
    frames = [[(HERE, 0.8), (THERE, 0.8), (ELSEWHERE, 0.8)], [(NEAR, 0.7)], [(THERE, 0.6)]]
    one, other = play(vanishes, frames, max_objects=2), play(vanishes, frames, max_objects=2)
    assert ids(one) == ids(other) == [[1, 2], [1, 2], [1, 2]]
    assert all(
        np.array_equal(*pair)
        for pair in zip([x.box for x in one], [x.box for x in other], strict=True)
    )
