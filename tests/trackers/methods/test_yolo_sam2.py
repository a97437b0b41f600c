"""The rules by which people are added, shown again, hidden and removed, and the three modes."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from datasets.synthesis.scene import play
from datasets.synthesis.scripts import SCENARIOS
from datasets.types import Detections, Extent, Frame, Sequence
from datasets.zone import Zone
from tests.support.paths import ROOT
from trackers.contract import load_tracker
from trackers.engines.numpy_arrays import NumpyArrays
from trackers.methods.yolo_sam2.options import Rules
from trackers.methods.yolo_sam2.rules import Presence, newcomers, partners
from trackers.methods.yolo_sam2.tracker import seeds
from trackers.sam2.object_outputs import ObjectOutputs

RULES = Rules()


def found(*box, score=None) -> Detections:
    box = np.array(box, float).reshape(-1, 4)
    score = np.full(len(box), 0.9) if score is None else np.array(score)
    return Detections(box, score, np.ones(len(box), np.int64))


def seen(presence, coarse=None) -> ObjectOutputs:
    count = len(presence)
    grid = np.eye(count, 16, dtype=bool).reshape(count, 4, 4) if coarse is None else coarse
    found = {
        "logits": np.where(grid, 1.0, -1.0),
        "iou": np.full(count, 0.9, np.float32),
        "presence": np.array(presence, np.float32),
    }
    names, unprompted = tuple(range(1, count + 1)), np.zeros(count, bool)
    return ObjectOutputs(NumpyArrays(np.float32), 4, (40, 40), names, found, unprompted)


def test_somebody_new_is_mostly_under_no_mask():
    masks = np.zeros((1, 40, 40), bool)
    masks[0, :, :20] = True
    left, right = found([10, 0, 30, 20]), found([9, 0, 30, 20])
    assert newcomers(right, np.array([0]), masks, RULES) == [], "11 of 21 columns are taken"
    assert newcomers(left, np.array([0]), masks, RULES) == [], "exactly half is not more than half"
    assert newcomers(found([11, 0, 31, 20]), np.array([0]), masks, RULES) == [0]
    assert newcomers(left, np.array([0]), masks, replace(RULES, free=0.49)) == [0]


def test_of_two_newcomers_in_one_place_there_is_one():
    both = found([0, 0, 20, 20], [1, 1, 21, 21], [25, 25, 39, 39])
    assert newcomers(both, np.arange(3), np.zeros((0, 40, 40), bool), RULES) == [0, 2]


def test_a_detection_is_of_a_mask_whose_box_it_overlaps_by_0_3():
    box = np.array([[0.0, 0.0, 20.0, 20.0]])
    shift = 20 * 0.7 / 1.3
    assert partners(box, found([shift - 0.01, 0, 20 + shift - 0.01, 20]), RULES)[0].tolist() == [0]
    assert partners(box, found([shift + 0.01, 0, 20 + shift + 0.01, 20]), RULES)[0].tolist() == []


@pytest.mark.parametrize(("presence", "again"), [(8.1, 0), (8.0, 1), (6.1, 1), (6.0, 0), (3.0, 0)])
def test_only_the_pending_are_shown_again(presence, again):
    assert Presence(RULES).is_pending(seen([presence])).tolist() == [bool(again)]


def test_who_is_lost_for_26_frames_in_a_row_is_gone():
    presence = Presence(RULES)
    for _ in range(25):
        presence.note(seen([2.0, 2.1]))
    assert presence.gone() == []
    presence.note(seen([2.0, 2.1]))
    assert presence.gone() == [1]
    presence.forget([1])
    assert presence.gone() == []


def test_being_seen_once_begins_the_count_anew():
    presence = Presence(RULES)
    for frame in range(40):
        presence.note(seen([9.0 if frame == 20 else 0.0]))
    assert presence.gone() == []


def collapsed(shared: int) -> np.ndarray:
    """Two masks of ten pixels that share so many."""
    grid = np.zeros((2, 32), bool)
    grid[0, :10] = True
    grid[1, 10 - shared : 20 - shared] = True
    return grid.reshape(2, 4, 8)


@pytest.mark.parametrize(("shared", "hidden"), [(8, set()), (9, {2})])
def test_of_two_masks_in_one_place_the_less_present_is_hidden(shared, hidden):
    presence = Presence(RULES)  # IoU 8 / 12 and 9 / 11
    presence.note(seen([9.0, 5.0], collapsed(shared)))
    assert presence.hidden == hidden
    assert presence.choose(seen([9.0, 5.0])).tolist() == [True, not hidden]


def test_between_equals_the_one_that_varies_more_is_hidden():
    presence = Presence(RULES)
    for frame in range(12):
        presence.note(seen([9.0 + (-1) ** frame, 9.0], collapsed(0)))
    presence.note(seen([8.5, 8.0], collapsed(10)))
    assert presence.hidden == {1}
    presence.start()
    presence.note(seen([8.5, 8.0], collapsed(10)))
    assert presence.hidden == {2}, "without a past the less present"


def test_only_the_last_frames_count_for_how_much_somebody_varies():
    presence = Presence(RULES)
    for frame in range(30):
        presence.note(seen([9.0 + (-1) ** frame * (frame < 15), 9.0], collapsed(0)))
    presence.note(seen([9.0, 8.5], collapsed(10)))
    assert presence.hidden == {2}


def test_two_empty_masks_are_nobodys_double():
    presence = Presence(RULES)
    presence.note(seen([0.0, 5.0], np.zeros((2, 4, 4), bool)))
    assert presence.hidden == set()


def test_the_articles_points_are_one_below_and_one_above_the_centre():
    prompt = seeds(np.array([100.0, 200.0, 140.0, 300.0]))
    np.testing.assert_allclose(prompt.points, [[120, 250], [120, 255], [120, 235]])
    assert prompt.labels.tolist() == [1, 1, 1]


EXTENT = Extent(288, 384, 100, {1: "pedestrian"})
SEQUENCE = Sequence("d", "s", EXTENT, 10.0)
DEMO = {"weights": str(ROOT / "trackers" / "weights" / "sam2_demo.safetensors")}


@pytest.fixture(scope="module")
def frames():
    """Of people who cross, three of them seen from the first on, a fourth from the tenth on."""
    draw = np.random.Generator(np.random.PCG64([1, 1, 0, 0]))
    scene = islice(play(draw, SCENARIOS["crossing"](draw)), 16)
    return [
        Frame(index, image, found(*(label.box for label in labels)))
        for index, (image, labels) in enumerate(scene)
    ]


def run(frames, **options):
    tracker = load_tracker("yolo_sam2", DEMO | options)
    tracker.start(SEQUENCE)
    return [tracker.step(frame) for frame in frames]


def told(answers) -> set[int]:
    return {name for answer in answers for name in answer.track.tolist()}


def test_one_session_for_all_gives_the_masks_of_a_session_for_each(frames):
    each = run(frames, mode="article", key_frame=2)
    together = run(frames, mode="joint", key_frame=2)
    assert [len(answer.track) for answer in each[:2]] == [0, 0]
    assert told(each) == {1, 2, 3}
    for one, other in zip(each, together, strict=True):
        assert one.track.tolist() == other.track.tolist()
        both = (one.mask & other.mask).sum((1, 2))
        assert (both >= 0.99 * (one.mask | other.mask).sum((1, 2))).all()


def test_only_people_in_the_zone_are_followed(frames):
    box = frames[0].detections.box
    left, top, right, bottom = box[1]
    assert told(run(frames[:3], mode="joint", key_frame=0)) == {1, 2, 3}
    beside = [right, top, 4, bottom - top]
    for zone in ([left, top, right - left, bottom - top], beside):
        inside = Zone.of(zone).reached(box).sum()
        assert told(run(frames[:3], mode="joint", key_frame=0, zone=zone)) == set(
            range(1, inside + 1)
        )
    assert not Zone.of(beside).reached(box)[1]


def test_a_zone_outside_the_image_is_refused_at_the_start():
    with pytest.raises(ValueError, match="lies outside the 384 x 288 image"):
        run([], zone=[500, 0, 10, 10])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"mode": "offline"}, "mode: 'offline' found"),
        ({"key_frame": -1}, "key_frame: -1 found"),
        ({"zone": [1, 2]}, r"zone: \[1, 2\] found"),
    ],
)
def test_a_wrong_option_is_refused(option, message):
    with pytest.raises(ValueError, match=message):
        load_tracker("yolo_sam2", DEMO | option)


def test_new_people_are_added_at_any_time_and_numbered_in_order(frames):
    answers = run(frames, suspicious=-1e9, pending=-1e9, reliable=1e9)
    assert told(answers[:9]) == {1, 2, 3}
    assert 4 in told(answers[9:])


def test_who_is_lost_is_dropped(frames):
    # a bound of presence that nobody reaches: everybody is lost, and comes again as somebody new
    answers = run(frames[:8], suspicious=1e9, pending=1e9, reliable=1e9, patience=3)
    assert told(answers[:3]) == {1, 2, 3}
    assert told(answers[3:]) & {4, 5, 6}


def test_a_stream_without_detections(frames):
    nobody = [replace(frame, detections=found()) for frame in frames[:3]]
    assert [len(answer.track) for answer in run(nobody)] == [0, 0, 0]
    assert [len(answer.track) for answer in run(nobody, mode="joint", key_frame=1)] == [0, 0, 0]
