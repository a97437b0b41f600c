"""The object life cycle rule by rule, and the three modes."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import SCENARIOS
from datasets.types import Detections, Extent, Frame, Sequence
from datasets.zone import Zone
from tests.support.paths import ROOT
from trackers.contract import load_tracker
from trackers.engines.numpy_arrays import NumpyArrays
from trackers.methods.yolo_sam2.life_cycle import ObjectStates, match_detections, new_objects
from trackers.methods.yolo_sam2.options import LifeCycleOptions
from trackers.methods.yolo_sam2.tracker import point_prompt
from trackers.sam2.object_outputs import ObjectOutputs

OPTIONS = LifeCycleOptions()


def detections(*box, score=None) -> Detections:
    box = np.array(box, float).reshape(-1, 4)
    score = np.full(len(box), 0.9) if score is None else np.array(score)
    return Detections(box, score, np.ones(len(box), np.int64))


def outputs_of(score, masks=None) -> ObjectOutputs:
    count = len(score)
    masks = np.eye(count, 16, dtype=bool).reshape(count, 4, 4) if masks is None else masks
    outputs = {
        "logits": np.where(masks, 1.0, -1.0),
        "iou": np.full(count, 0.9, np.float32),
        "presence": np.array(score, np.float32),
    }
    identities, unprompted = tuple(range(1, count + 1)), np.zeros(count, bool)
    return ObjectOutputs(NumpyArrays(np.float32), 4, (40, 40), identities, outputs, unprompted)


def update(states, outputs):
    states.update(outputs, np.zeros(len(outputs.identities), bool))


def test_a_detection_mostly_outside_all_masks_starts_a_track():
    masks = np.zeros((1, 40, 40), bool)
    masks[0, :, :20] = True
    left, right = detections([10, 0, 30, 20]), detections([9, 0, 30, 20])
    assert new_objects(right, np.array([0]), masks, OPTIONS) == [], "11 of 21 columns are covered"
    assert new_objects(left, np.array([0]), masks, OPTIONS) == [], "half is not more than half"
    assert new_objects(detections([11, 0, 31, 20]), np.array([0]), masks, OPTIONS) == [0]
    assert new_objects(left, np.array([0]), masks, replace(OPTIONS, min_uncovered_share=0.49)) == [
        0
    ]


def test_of_two_new_detections_in_one_place_one_starts_a_track():
    both = detections([0, 0, 20, 20], [1, 1, 21, 21], [25, 25, 39, 39])
    assert new_objects(both, np.arange(3), np.zeros((0, 40, 40), bool), OPTIONS) == [0, 2]


def test_a_match_needs_an_iou_of_0_3_with_the_box_of_the_mask():
    box = np.array([[0.0, 0.0, 20.0, 20.0]])
    limit = 20 * 0.7 / 1.3
    for shift, rows in ((limit - 0.01, [0]), (limit + 0.01, [])):
        shifted = detections([shift, 0, 20 + shift, 20])
        assert match_detections(box, shifted, OPTIONS)[0].tolist() == rows


@pytest.mark.parametrize(("score", "pending"), [(8.1, 0), (8.0, 1), (6.1, 1), (6.0, 0), (3.0, 0)])
def test_only_scores_between_the_thresholds_are_pending(score, pending):
    assert ObjectStates(OPTIONS).is_pending(outputs_of([score])).tolist() == [bool(pending)]


def test_an_object_lost_for_26_consecutive_frames_expires():
    states = ObjectStates(OPTIONS)
    for _ in range(25):
        update(states, outputs_of([2.0, 2.1]))
    assert states.expired() == []
    update(states, outputs_of([2.0, 2.1]))
    assert states.expired() == [1]
    states.remove([1])
    assert states.expired() == []


def test_one_frame_with_a_high_score_resets_the_count():
    states = ObjectStates(OPTIONS)
    for frame in range(40):
        update(states, outputs_of([9.0 if frame == 20 else 0.0]))
    assert states.expired() == []


def overlapping_masks(shared: int) -> np.ndarray:
    """Return two masks of ten pixels with this many pixels in common."""
    masks = np.zeros((2, 32), bool)
    masks[0, :10] = True
    masks[1, 10 - shared : 20 - shared] = True
    return masks.reshape(2, 4, 8)


@pytest.mark.parametrize(("shared", "occluded"), [(8, set()), (9, {2})])
def test_of_two_duplicates_the_one_with_the_lower_score_is_occluded(shared, occluded):
    states = ObjectStates(OPTIONS)  # IoU 8 / 12 and 9 / 11
    update(states, outputs_of([9.0, 5.0], overlapping_masks(shared)))
    assert states.occluded == occluded
    assert states.choose(outputs_of([9.0, 5.0])).tolist() == [True, not occluded]


def test_of_two_similar_scores_the_one_that_varies_more_is_occluded():
    states = ObjectStates(OPTIONS)
    for frame in range(12):
        update(states, outputs_of([9.0 + (-1) ** frame, 9.0], overlapping_masks(0)))
    update(states, outputs_of([8.5, 8.0], overlapping_masks(10)))
    assert states.occluded == {1}
    states.start()
    update(states, outputs_of([8.5, 8.0], overlapping_masks(10)))
    assert states.occluded == {2}, "without earlier scores the lower one"


def test_only_the_latest_frames_count_in_the_deviation():
    states = ObjectStates(OPTIONS)
    for frame in range(30):
        update(states, outputs_of([9.0 + (-1) ** frame * (frame < 15), 9.0], overlapping_masks(0)))
    update(states, outputs_of([9.0, 8.5], overlapping_masks(10)))
    assert states.occluded == {2}


def test_empty_masks_are_no_duplicates():
    states = ObjectStates(OPTIONS)
    update(states, outputs_of([0.0, 5.0], np.zeros((2, 4, 4), bool)))
    assert states.occluded == set()


def test_the_points_of_the_article_are_at_below_and_above_the_centre():
    prompt = point_prompt(np.array([100.0, 200.0, 140.0, 300.0]))
    np.testing.assert_allclose(prompt.points, [[120, 250], [120, 255], [120, 235]])
    assert prompt.labels.tolist() == [1, 1, 1]


EXTENT = Extent(288, 384, 100, {1: "pedestrian"})
SEQUENCE = Sequence("d", "s", EXTENT, 10.0)
DEMO = {"weights": str(ROOT / "trackers" / "weights" / "sam2_demo.safetensors")}


@pytest.fixture(scope="module")
def frames():
    """Frames of crossing pedestrians: three from the first frame on, a fourth from the tenth."""
    draw = np.random.Generator(np.random.PCG64([1, 1, 0, 0]))
    images = islice(play(draw, SCENARIOS["crossing"](draw)), 16)
    return [
        Frame(index, image, detections(*(label.box for label in labels)))
        for index, (image, labels) in enumerate(images)
    ]


def run(frames, **options):
    tracker = load_tracker("yolo_sam2", DEMO | options)
    tracker.start(SEQUENCE)
    return [tracker.step(frame) for frame in frames]


def track_ids(outputs) -> set[int]:
    return {track for output in outputs for track in output.track.tolist()}


@pytest.mark.slow
def test_one_joint_session_gives_the_masks_of_single_sessions(frames):
    single = run(frames, mode="article", key_frame=2)
    joint = run(frames, mode="joint", key_frame=2)
    assert [len(output.track) for output in single[:2]] == [0, 0]
    assert track_ids(single) == {1, 2, 3}
    for one, other in zip(single, joint, strict=True):
        assert one.track.tolist() == other.track.tolist()
        both = (one.mask & other.mask).sum((1, 2))
        assert (both >= 0.99 * (one.mask | other.mask).sum((1, 2))).all()


@pytest.mark.slow
def test_only_objects_in_the_zone_are_tracked(frames):
    box = frames[0].detections.box
    left, top, right, bottom = box[1]
    assert track_ids(run(frames[:3], mode="joint", key_frame=0)) == {1, 2, 3}
    beside = [right, top, 4, bottom - top]
    for zone in ([left, top, right - left, bottom - top], beside):
        inside = Zone.of(zone).reached(box).sum()
        assert track_ids(run(frames[:3], mode="joint", key_frame=0, zone=zone)) == set(
            range(1, inside + 1)
        )
    assert not Zone.of(beside).reached(box)[1]


def test_a_zone_outside_the_image_is_rejected_at_start():
    with pytest.raises(ValueError, match="lies outside the 384 x 288 image"):
        run([], zone=[500, 0, 10, 10])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"mode": "offline"}, "mode: expected one of .*, found 'offline'"),
        ({"key_frame": -1}, "key_frame: expected .*, found -1"),
        ({"zone": [1, 2]}, r"zone: expected \[left"),
    ],
)
def test_an_invalid_option_is_rejected(option, message):
    with pytest.raises(ValueError, match=message):
        load_tracker("yolo_sam2", DEMO | option)


@pytest.mark.slow
def test_new_objects_are_added_at_any_time_and_numbered_in_order(frames):
    outputs = run(frames, suspicious_score=-1e9, pending_score=-1e9, reliable_score=1e9)
    assert track_ids(outputs[:9]) == {1, 2, 3}
    assert 4 in track_ids(outputs[9:])


@pytest.mark.slow
def test_a_lost_object_is_removed(frames):
    # thresholds that no score reaches: every object is lost, removed, and detected as a new one
    outputs = run(
        frames[:8], suspicious_score=1e9, pending_score=1e9, reliable_score=1e9, max_lost_frames=3
    )
    assert track_ids(outputs[:3]) == {1, 2, 3}
    assert track_ids(outputs[3:]) & {4, 5, 6}


@pytest.mark.slow
def test_frames_without_detections_give_empty_output(frames):
    empty = [replace(frame, detections=detections()) for frame in frames[:3]]
    assert [len(output.track) for output in run(empty)] == [0, 0, 0]
    assert [len(output.track) for output in run(empty, mode="joint", key_frame=1)] == [0, 0, 0]
