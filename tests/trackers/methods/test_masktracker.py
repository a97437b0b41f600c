"""MaskTracker's rules and thresholds one by one, and the whole tracker."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from datasets.io.mended import take_mended
from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import crossing
from datasets.types import Detections, Extent, Frame, Sequence
from tests.support.paths import ROOT
from trackers.contract import load_tracker
from trackers.methods.masktracker.association import associate
from trackers.methods.masktracker.motion import BoxFilter, boxes
from trackers.methods.masktracker.options import DataAssociator, StateEstimator, TargetManagement
from trackers.methods.masktracker.targets import ACTIVE, INACTIVE, TENTATIVE, Targets, without
from trackers.parts import rows

BOX_FILTER, MANAGEMENT = BoxFilter(StateEstimator()), TargetManagement()
SQUARE = np.array([[0.0, 0.0, 20.0, 20.0]])


def detections(box, score=None, class_id=None) -> Detections:
    box = np.array(box, float).reshape(-1, 4)
    score = np.full(len(box), 0.9) if score is None else np.array(score, float)
    classes = np.ones(len(box), np.int64) if class_id is None else np.array(class_id)
    return Detections(box, score, classes)


def pairs(box, detected, *, validated=True, active=True, class_id=None, **options):
    box = np.array(box, float).reshape(-1, 4)
    classes = np.ones(len(box), np.int64) if class_id is None else np.array(class_id)
    flags = [np.broadcast_to(np.array(each, bool), len(box)) for each in (validated, active)]
    return associate(box, classes, *flags, detected, replace(DataAssociator(), **options)).tolist()


def moved(iou: float) -> list[float]:
    """Return the square moved to the right so far that its IoU with the original is this."""
    shared = 2 * iou / (1 + iou) * 20
    return [20 - shared, 0, 40 - shared, 20]


@pytest.mark.parametrize(("iou", "match"), [(0.0436, -1), (0.0438, 0)])
def test_the_minimum_iou(iou, match):
    assert pairs(SQUARE, detections(moved(iou))) == [match]


@pytest.mark.parametrize(("width", "match"), [(2.08, -1), (2.11, 0)])
def test_the_minimum_size_similarity(width, match):
    # a narrow box inside the square: its share of the area equals the IoU
    assert pairs(SQUARE, detections([0, 0, width, 20])) == [match]


def test_the_minimum_weighted_sum():
    detected = detections(moved(0.05))
    score = 0.8590 * 0.05 + 0.2410
    assert pairs(SQUARE, detected, min_matching_score_4_overall=score - 1e-6) == [0]
    assert pairs(SQUARE, detected, min_matching_score_4_overall=score + 1e-6) == [-1]


def test_the_weights_decide_between_iou_and_size():
    # half of the square, and a square of equal size with an IoU of 3 / 7
    detected = detections([[0, 0, 20, 10], [8, 0, 28, 20]])
    assert pairs(SQUARE, detected, matching_score_weight_4_size_similarity=0.0) == [0]
    assert pairs(SQUARE, detected) == [1]


def test_classes_are_compared_only_with_the_option():
    detected = detections(SQUARE, class_id=[2])
    assert pairs(SQUARE, detected) == [-1]
    assert pairs(SQUARE, detected, check_class_match=False) == [0]


def test_a_larger_tentative_confidence_makes_detections_tentative():
    weak = detections(moved(0.4), score=[0.5])
    assert pairs(SQUARE, weak) == [0]
    tentative = {"tentative_detector_confidence": 0.6}
    stricter = tentative | {"min_matching_score_4_tentative_iou": 0.41}
    assert pairs(SQUARE, weak, **tentative) == [0], "an active target, from an IoU of 0.366 on"
    assert pairs(SQUARE, weak, **stricter) == [-1]
    assert pairs(SQUARE, weak, **tentative, active=False) == [-1]
    assert pairs(SQUARE, weak, **tentative, active=False, validated=False) == [-1]


def test_validated_targets_are_matched_before_tentative_ones():
    box = np.concatenate([SQUARE, SQUARE + 1])
    assert pairs(box, detections(SQUARE), validated=[False, True], active=[False, True]) == [-1, 0]
    assert pairs(box, detections(SQUARE), validated=False, active=False) == [0, -1]


def test_a_tentative_target_is_matched_with_a_remaining_detection():
    assert pairs(SQUARE, detections(moved(0.044)), validated=False, active=False) == [0]
    assert pairs(SQUARE, detections(moved(0.043)), validated=False, active=False) == [-1]


def test_optimal_and_greedy_matching():
    # the pair of largest similarity leaves the other target unmatched
    box = np.array([[0, 0, 20, 20], [8, 0, 28, 20]], float)
    detected = detections([[6, 0, 26, 20], [30, 0, 50, 20]])
    assert pairs(box, detected, association_matcher_type=0) == [-1, 0]
    detected = detections([[6, 0, 26, 20], [24, 0, 44, 20]])
    assert pairs(box, detected, association_matcher_type=1) == [0, 1]
    assert pairs(box, detected, association_matcher_type=0) == [-1, 0]


def targets(*state, age=10, shadow=0) -> Targets:
    count = len(state)
    box = SQUARE + 100 * np.arange(count)[:, None]
    return Targets(
        np.arange(count),
        np.ones(count, np.int64),
        np.full(count, age),
        np.full(count, shadow),
        np.array(state),
        BOX_FILTER.initiate(box),
    )


def advance(old, matched=True, confident=True, detected=True, **options):
    flags = [np.broadcast_to(np.array(each), len(old.track)) for each in (matched, confident)]
    new, terminated = old.advance(*flags, TargetManagement(**options), detected=detected)
    return new.state.tolist(), terminated.tolist()


def test_a_target_becomes_active_once_its_age_exceeds_the_probation_age():
    old = Targets.none(BOX_FILTER).initiate(
        detections(SQUARE), np.ones(1, bool), 0, MANAGEMENT, BOX_FILTER
    )
    states = []
    for _ in range(6):
        states.append((int(old.age[0]), int(old.state[0])))
        old, terminated = old.advance(np.ones(1, bool), np.ones(1, bool), MANAGEMENT, detected=True)
        assert not terminated.any()
    assert states == [
        (1, TENTATIVE),
        (2, TENTATIVE),
        (3, TENTATIVE),
        (4, TENTATIVE),
        (5, ACTIVE),
        (6, ACTIVE),
    ]


def test_a_tentative_target_is_terminated_when_missed():
    assert advance(targets(TENTATIVE, age=2), matched=False) == ([TENTATIVE], [True])
    later = advance(targets(TENTATIVE, age=2), matched=False, early_termination_age=2)
    assert later == ([TENTATIVE], [False])


def test_an_active_target_becomes_inactive_when_missed_or_unconfident_and_recovers():
    assert advance(targets(ACTIVE), matched=False) == ([INACTIVE], [False])
    assert advance(targets(ACTIVE), confident=False) == ([INACTIVE], [False])
    assert advance(targets(INACTIVE, shadow=9)) == ([ACTIVE], [False])


def test_a_target_is_terminated_in_its_85th_frame_of_shadow_tracking():
    assert advance(targets(INACTIVE, shadow=83), matched=False) == ([INACTIVE], [False])
    assert advance(targets(INACTIVE, shadow=84), matched=False) == ([INACTIVE], [True])


def test_frames_without_the_detector_count_as_no_miss():
    assert advance(targets(ACTIVE), matched=False, detected=False) == ([ACTIVE], [False])
    assert advance(targets(INACTIVE, shadow=84), matched=False, detected=False)[1] == [False]
    assert advance(targets(TENTATIVE, age=2), matched=False, detected=False)[1] == [False]


@pytest.mark.parametrize(("iou", "count"), [(0.77, 0), (0.75, 1)])
def test_a_detection_that_overlaps_a_target_initiates_none(iou, count):
    new = targets(ACTIVE).initiate(
        detections(moved(iou)), np.ones(1, bool), 7, MANAGEMENT, BOX_FILTER
    )
    assert new.track.tolist() == [7] * count


def test_of_two_duplicate_detections_the_higher_score_initiates_a_target():
    detected = detections([moved(0.9), moved(1.0)], score=[0.5, 0.6])
    new = Targets.none(BOX_FILTER).initiate(detected, np.ones(2, bool), 0, MANAGEMENT, BOX_FILTER)
    np.testing.assert_allclose(boxes(new.motion), SQUARE)


def test_the_number_of_targets_is_limited_and_the_rest_counted():
    take_mended()
    detected = detections([SQUARE[0] + 100 * n for n in range(200)])
    new = targets(ACTIVE).initiate(
        replace(detected, box=detected.box + 500), np.ones(200, bool), 1, MANAGEMENT, BOX_FILTER
    )
    assert len(new.track) == 149
    note = "detections that start no object, because there are max_targets_per_stream already"
    assert take_mended() == {note: 51}


def test_terminated_targets_are_removed():
    kept = without(targets(ACTIVE, INACTIVE), np.array([True, False]))
    assert kept.track.tolist() == [1]


def test_the_shipped_filter_follows_the_latest_measurement():
    motion = BOX_FILTER.predict(BOX_FILTER.initiate(SQUARE))
    for detected, variance in ((True, 0.1), (False, 8.6695)):
        after = boxes(BOX_FILTER.update(motion, SQUARE + 10, np.array([detected])))
        lag = 10 * variance / (variance + 2 * 2856.7104 + 2602.8703)
        np.testing.assert_allclose(after[0], SQUARE[0] + 10 - lag, atol=2e-2)
        assert (after != SQUARE + 10).all()


def test_a_target_is_predicted_with_its_velocity():
    motion = BOX_FILTER.initiate(SQUARE)
    for step in (1, 2, 3):
        motion = BOX_FILTER.update(BOX_FILTER.predict(motion), SQUARE + 5 * step, np.array([True]))
    np.testing.assert_allclose(boxes(BOX_FILTER.predict(motion)), SQUARE + 20, atol=1)
    size = BOX_FILTER.predict(motion).velocity[:, 2:]
    np.testing.assert_array_equal(size, 0)


DEMO = str(ROOT / "trackers" / "weights" / "sam2_demo.safetensors")
EXTENT = Extent(288, 384, 8, {1: "pedestrian"})
SEQUENCE = Sequence("d", "s", EXTENT, 10.0)


def run(frames, **options):
    tracker = load_tracker(
        "masktracker", {"weights": "random", "min_tracker_confidence": 0.0} | options
    )
    tracker.start(SEQUENCE)
    return [tracker.step(frame) for frame in frames], tracker


def video(count, box, **more):
    image = np.random.default_rng(0).integers(0, 255, (288, 384, 3), np.uint8)
    return [Frame(index, image, detections(box, **more)) for index in range(count)]


@pytest.mark.slow
def test_a_target_is_reported_from_its_fifth_frame_on_with_its_detection():
    outputs, _ = run(video(7, [100, 100, 160, 200]))
    assert [len(output.track) for output in outputs[:4]] == [0, 0, 0, 0]
    for output in (each for each in outputs[4:] if len(each.track)):
        assert output.track.tolist() == [0]
        np.testing.assert_allclose(output.box, [[100, 100, 160, 200]], atol=0.1)
        assert output.mask.any()


@pytest.mark.slow
@pytest.mark.parametrize(("keep", "first"), [(False, 2), (True, 0)])
def test_a_target_prompted_again_is_reported_with_the_mask_of_the_new_prompt(keep, first):
    options = {"weights": DEMO, "probation_age": 0, "min_prompt_update_confidence": 0.0}
    options |= {"keep_first_prompt": keep}
    draw = np.random.default_rng(1)
    frames = [
        Frame(index, image, detections(labels[0].box))
        for index, (image, labels) in enumerate(islice(play(draw, crossing(draw)), 3))
    ]
    outputs, tracker = run(frames, **options)
    assert tracker.session.outputs.prompted.tolist() == [True]
    np.testing.assert_array_equal(outputs[-1].mask, tracker.session.masks())
    (identity,) = tracker.session.identities
    memories, _ = tracker.session.stored_frames(identity)
    assert memories[0] == first


@pytest.mark.slow
def test_low_score_detections_are_ignored():
    _, tracker = run(video(3, [100, 100, 160, 200], score=[0.35]))
    assert len(tracker.targets.track) == 0


@pytest.mark.slow
@pytest.mark.parametrize("segmentation_only", [False, True])
def test_targets_become_inactive_without_detections(segmentation_only):
    outputs, tracker = run(video(3, []), segmentation_only=segmentation_only)
    assert [len(output.track) for output in outputs] == [0, 0, 0]
    frames = video(6, [100, 100, 160, 200])
    frames += [replace(frame, index=6 + n) for n, frame in enumerate(video(4, []))]
    outputs, tracker = run(frames, segmentation_only=segmentation_only)
    assert [len(output.track) for output in outputs[6:]] == [0, 0, 0, 0]
    assert tracker.targets.state.tolist() == [INACTIVE]
    assert tracker.targets.shadow.tolist() == [4]


@pytest.mark.slow
def test_with_an_interval_of_two_the_detector_runs_in_every_third_frame():
    frames = video(7, [100, 100, 160, 200])
    frames = [
        frame if frame.index % 3 == 0 else replace(frame, detections=detections([[0, 0, 9, 9]] * 1))
        for frame in frames
    ]
    _, tracker = run(frames, interval=2)
    assert tracker.targets.track.tolist() == [0]


@pytest.mark.slow
def test_detections_outside_the_image_are_ignored():
    box = [[-50, -50, -10, -10], [400, 10, 500, 50], [-20, 100, 500, 400]]
    _, tracker = run(video(2, box))
    assert len(tracker.targets.track) == 1, "only the one larger than the image"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(33, 57), (481, 641), (720, 97)])
def test_images_of_any_size_and_targets_larger_than_the_image_work(size):
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    box = [[-9, -9, size[1] + 9, size[0] + 9], [3, 4, 12, 20]]
    tracker = load_tracker(
        "masktracker", {"weights": DEMO, "min_tracker_confidence": 0.0, "probation_age": 0}
    )
    tracker.start(Sequence("d", "s", Extent(*size, 4, {1: "person"}), 10.0))
    for index in range(4):
        output = tracker.step(Frame(index, image, detections(box)))
        assert output.mask.shape[1:] == size
        assert np.isfinite(output.box).all()
    assert tracker.targets.track.tolist()[:2] == [0, 1]


@pytest.mark.slow
def test_of_160_detections_150_initiate_targets():
    across, down = np.meshgrid(np.arange(16) * 24.0, np.arange(10) * 28.0)
    corner = np.stack([across.ravel(), down.ravel()], 1)
    box = np.concatenate([corner, corner + np.array([20.0, 24.0])], 1)
    score = np.linspace(0.5, 0.9, 160)
    _, tracker = run(video(1, box, score=score))
    assert len(tracker.targets.track) == len(tracker.session.identities) == 150
    kept = boxes(tracker.targets.motion)
    assert not np.isclose(kept[:, None], box[:10]).all(2).any(), "the ten lowest scores"


def test_a_frame_without_public_detections_is_an_error_without_a_detector():
    frames = [replace(frame, detections=None) for frame in video(1, [])]
    with pytest.raises(ValueError, match="needs detections"):
        run(frames)


def test_a_negative_interval_is_rejected():
    with pytest.raises(ValueError, match=r"interval: expected .*, found -1"):
        load_tracker("masktracker", {"weights": "random", "interval": -1})


def test_tables_of_targets_can_be_joined():
    both = rows.join(targets(ACTIVE), targets(TENTATIVE))
    assert both.state.tolist() == [ACTIVE, TENTATIVE]
