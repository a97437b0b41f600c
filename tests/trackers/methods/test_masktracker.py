"""MaskTracker's rules and thresholds, one by one, and the tracker whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from datasets.synthesis.scene import play
from datasets.synthesis.scripts import crossing
from datasets.types import Detections, Extent, Frame, Sequence
from tests.support.paths import ROOT
from trackers.contract import load_tracker
from trackers.methods.masktracker.association import associate
from trackers.methods.masktracker.motion import Noise, boxes
from trackers.methods.masktracker.options import Gates, Life, Variances
from trackers.methods.masktracker.targets import ACTIVE, INACTIVE, TENTATIVE, Targets, without
from trackers.parts import rows

NOISE = Noise(Variances())
SQUARE = np.array([[0.0, 0.0, 20.0, 20.0]])


def found(box, score=None, class_id=None) -> Detections:
    box = np.array(box, float).reshape(-1, 4)
    score = np.full(len(box), 0.9) if score is None else np.array(score, float)
    kind = np.ones(len(box), np.int64) if class_id is None else np.array(class_id)
    return Detections(box, score, kind)


def pairs(box, seen, *, validated=True, active=True, class_id=None, **gates):
    box = np.array(box, float).reshape(-1, 4)
    kind = np.ones(len(box), np.int64) if class_id is None else np.array(class_id)
    flags = [np.broadcast_to(np.array(each, bool), len(box)) for each in (validated, active)]
    return associate(box, kind, *flags, seen, replace(Gates(), **gates)).tolist()


def moved(iou: float) -> list[float]:
    """The square moved to the right so far that it overlaps itself by this IoU."""
    shared = 2 * iou / (1 + iou) * 20
    return [20 - shared, 0, 40 - shared, 20]


@pytest.mark.parametrize(("iou", "partner"), [(0.0436, -1), (0.0438, 0)])
def test_the_gate_of_iou(iou, partner):
    assert pairs(SQUARE, found(moved(iou))) == [partner]


@pytest.mark.parametrize(("width", "partner"), [(2.08, -1), (2.11, 0)])
def test_the_gate_of_size(width, partner):
    # a slim box inside: its size is that share of the square's, and so is the IoU
    assert pairs(SQUARE, found([0, 0, width, 20])) == [partner]


def test_the_gate_of_both_together():
    seen = found(moved(0.05))
    score = 0.8590 * 0.05 + 0.2410
    assert pairs(SQUARE, seen, min_matching_score_4_overall=score - 1e-6) == [0]
    assert pairs(SQUARE, seen, min_matching_score_4_overall=score + 1e-6) == [-1]


def test_the_weights_decide_between_iou_and_size():
    seen = found([[0, 0, 20, 10], [8, 0, 28, 20]])  # half of it; another as large, IoU 3 / 7
    assert pairs(SQUARE, seen, matching_score_weight_4_size_similarity=0.0) == [0]
    assert pairs(SQUARE, seen) == [1]


def test_classes_are_compared_or_not():
    seen = found(SQUARE, class_id=[2])
    assert pairs(SQUARE, seen) == [-1]
    assert pairs(SQUARE, seen, check_class_match=False) == [0]


def test_tentative_detections_do_not_exist_with_the_shipped_values_but_with_others():
    weak = found(moved(0.4), score=[0.5])
    assert pairs(SQUARE, weak) == [0]
    tentative = {"tentative_detector_confidence": 0.6}
    stricter = tentative | {"min_matching_score_4_tentative_iou": 0.41}
    assert pairs(SQUARE, weak, **tentative) == [0], "of an active target, by IoU 0.366"
    assert pairs(SQUARE, weak, **stricter) == [-1]
    assert pairs(SQUARE, weak, **tentative, active=False) == [-1]
    assert pairs(SQUARE, weak, **tentative, active=False, validated=False) == [-1]


def test_validated_targets_choose_before_tentative_ones():
    box = np.concatenate([SQUARE, SQUARE + 1])
    assert pairs(box, found(SQUARE), validated=[False, True], active=[False, True]) == [-1, 0]
    assert pairs(box, found(SQUARE), validated=False, active=False) == [0, -1]


def test_a_tentative_target_takes_what_is_left():
    assert pairs(SQUARE, found(moved(0.044)), validated=False, active=False) == [0]
    assert pairs(SQUARE, found(moved(0.043)), validated=False, active=False) == [-1]


def test_the_best_matching_and_the_greedy_one():
    # the pair of largest similarity leaves the others without any
    box = np.array([[0, 0, 20, 20], [8, 0, 28, 20]], float)
    seen = found([[6, 0, 26, 20], [30, 0, 50, 20]])
    assert pairs(box, seen, association_matcher_type=0) == [-1, 0]
    seen = found([[6, 0, 26, 20], [24, 0, 44, 20]])
    assert pairs(box, seen, association_matcher_type=1) == [0, 1]
    assert pairs(box, seen, association_matcher_type=0) == [-1, 0]


def targets(*state, age=10, shadow=0) -> Targets:
    count = len(state)
    box = SQUARE + 100 * np.arange(count)[:, None]
    return Targets(
        np.arange(count),
        np.ones(count, np.int64),
        np.full(count, age),
        np.full(count, shadow),
        np.array(state),
        NOISE.begin(box),
    )


def grown(old, matched=True, sure=True, detected=True, **life):
    flags = [np.broadcast_to(np.array(each), len(old.track)) for each in (matched, sure)]
    new, gone = old.grow(*flags, Life(**life), detected=detected)
    return new.state.tolist(), gone.tolist()


def test_a_target_is_told_of_in_the_frame_in_which_its_age_exceeds_probation():
    old = Targets.none(NOISE).born(found(SQUARE), np.ones(1, bool), 0, Life(), NOISE)
    seen = []
    for _ in range(6):
        seen.append((int(old.age[0]), int(old.state[0])))
        old, gone = old.grow(np.ones(1, bool), np.ones(1, bool), Life(), detected=True)
        assert not gone.any()
    assert seen == [
        (1, TENTATIVE),
        (2, TENTATIVE),
        (3, TENTATIVE),
        (4, TENTATIVE),
        (5, ACTIVE),
        (6, ACTIVE),
    ]


def test_a_tentative_target_dies_when_it_is_missed():
    assert grown(targets(TENTATIVE, age=2), matched=False) == ([TENTATIVE], [True])
    later = grown(targets(TENTATIVE, age=2), matched=False, early_termination_age=2)
    assert later == ([TENTATIVE], [False])


def test_an_active_target_hides_when_missed_or_unsure_and_comes_back():
    assert grown(targets(ACTIVE), matched=False) == ([INACTIVE], [False])
    assert grown(targets(ACTIVE), sure=False) == ([INACTIVE], [False])
    assert grown(targets(INACTIVE, shadow=9)) == ([ACTIVE], [False])


def test_a_target_dies_in_its_85th_frame_in_the_shadow():
    assert grown(targets(INACTIVE, shadow=83), matched=False) == ([INACTIVE], [False])
    assert grown(targets(INACTIVE, shadow=84), matched=False) == ([INACTIVE], [True])


def test_without_the_detector_nobody_is_missed():
    assert grown(targets(ACTIVE), matched=False, detected=False) == ([ACTIVE], [False])
    assert grown(targets(INACTIVE, shadow=84), matched=False, detected=False)[1] == [False]
    assert grown(targets(TENTATIVE, age=2), matched=False, detected=False)[1] == [False]


@pytest.mark.parametrize(("iou", "born"), [(0.77, 0), (0.75, 1)])
def test_a_detection_on_top_of_a_target_is_no_new_one(iou, born):
    new = targets(ACTIVE).born(found(moved(iou)), np.ones(1, bool), 7, Life(), NOISE)
    assert new.track.tolist() == [7] * born


def test_of_two_detections_in_one_place_the_surer_makes_a_target():
    seen = found([moved(0.9), moved(1.0)], score=[0.5, 0.6])
    new = Targets.none(NOISE).born(seen, np.ones(2, bool), 0, Life(), NOISE)
    np.testing.assert_allclose(boxes(new.motion), SQUARE)


def test_there_are_never_more_targets_than_allowed():
    seen = found([SQUARE[0] + 100 * n for n in range(200)])
    new = targets(ACTIVE).born(
        replace(seen, box=seen.box + 500), np.ones(200, bool), 1, Life(), NOISE
    )
    assert len(new.track) == 149


def test_those_that_are_gone_are_taken_out():
    kept = without(targets(ACTIVE, INACTIVE), np.array([True, False]))
    assert kept.track.tolist() == [1]


def test_the_shipped_filter_believes_what_it_measured_last():
    motion = NOISE.predict(NOISE.begin(SQUARE))
    for detected, share in ((True, 0.1), (False, 8.6695)):
        after = boxes(NOISE.update(motion, SQUARE + 10, np.array([detected])))
        off = 10 * share / (share + 2 * 2856.7104 + 2602.8703)
        np.testing.assert_allclose(after[0], SQUARE[0] + 10 - off, atol=2e-2)
        assert (after != SQUARE + 10).all()


def test_a_target_moves_on_at_its_velocity():
    motion = NOISE.begin(SQUARE)
    for step in (1, 2, 3):
        motion = NOISE.update(NOISE.predict(motion), SQUARE + 5 * step, np.array([True]))
    np.testing.assert_allclose(boxes(NOISE.predict(motion)), SQUARE + 20, atol=1)
    size = NOISE.predict(motion).velocity[:, 2:]
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
    return [Frame(index, image, found(box, **more)) for index in range(count)]


def test_a_target_is_told_of_from_its_fifth_frame_on_with_its_detection():
    answers, _ = run(video(7, [100, 100, 160, 200]))
    assert [len(answer.track) for answer in answers[:4]] == [0, 0, 0, 0]
    told = [answer for answer in answers[4:] if len(answer.track)]
    for answer in told:
        assert answer.track.tolist() == [0]
        np.testing.assert_allclose(answer.box, [[100, 100, 160, 200]], atol=0.1)
        assert answer.mask.any()


@pytest.mark.parametrize(("keep", "first"), [(False, 2), (True, 0)])
def test_a_target_that_is_shown_once_more_is_told_of_by_the_mask_of_that(keep, first):
    options = {"weights": DEMO, "probation_age": 0, "min_prompt_update_confidence": 0.0}
    options |= {"keep_first_prompt": keep}
    draw = np.random.default_rng(1)
    frames = [
        Frame(index, image, found(labels[0].box))
        for index, (image, labels) in enumerate(islice(play(draw, crossing(draw)), 3))
    ]
    answers, tracker = run(frames, **options)
    assert tracker._session.outputs.prompted.tolist() == [True]
    np.testing.assert_array_equal(answers[-1].mask, tracker._session.masks())
    (identity,) = tracker._session.identities
    memories, _ = tracker._session.stored_frames(identity)
    assert memories[0] == first


def test_weak_detections_are_not_looked_at():
    _, tracker = run(video(3, [100, 100, 160, 200], score=[0.35]))
    assert len(tracker._targets.track) == 0


@pytest.mark.parametrize("segmentation_only", [False, True])
def test_a_stream_without_detections_and_one_that_loses_them(segmentation_only):
    answers, tracker = run(video(3, []), segmentation_only=segmentation_only)
    assert [len(answer.track) for answer in answers] == [0, 0, 0]
    frames = video(6, [100, 100, 160, 200])
    frames += [replace(frame, index=6 + n) for n, frame in enumerate(video(4, []))]
    answers, tracker = run(frames, segmentation_only=segmentation_only)
    assert [len(answer.track) for answer in answers[6:]] == [0, 0, 0, 0]
    assert tracker._targets.state.tolist() == [INACTIVE]
    assert tracker._targets.shadow.tolist() == [4]


def test_the_detector_is_asked_every_third_frame():
    frames = video(7, [100, 100, 160, 200])
    frames = [
        frame if frame.index % 3 == 0 else replace(frame, detections=found([[0, 0, 9, 9]] * 1))
        for frame in frames
    ]
    _, tracker = run(frames, interval=2)
    assert tracker._targets.track.tolist() == [0]


def test_detections_outside_the_image_are_left_out():
    box = [[-50, -50, -10, -10], [400, 10, 500, 50], [-20, 100, 500, 400]]
    _, tracker = run(video(2, box))
    assert len(tracker._targets.track) == 1, "the one that is larger than the image"


@pytest.mark.parametrize("size", [(33, 57), (481, 641), (720, 97)])
def test_an_image_of_any_size_and_a_target_larger_than_it(size):
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    box = [[-9, -9, size[1] + 9, size[0] + 9], [3, 4, 12, 20]]
    tracker = load_tracker(
        "masktracker", {"weights": DEMO, "min_tracker_confidence": 0.0, "probation_age": 0}
    )
    tracker.start(Sequence("d", "s", Extent(*size, 4, {1: "person"}), 10.0))
    for index in range(4):
        answer = tracker.step(Frame(index, image, found(box)))
        assert answer.mask.shape[1:] == size
        assert np.isfinite(answer.box).all()
    assert tracker._targets.track.tolist()[:2] == [0, 1]


@pytest.mark.slow
def test_of_160_detections_150_become_targets():
    across, down = np.meshgrid(np.arange(16) * 24.0, np.arange(10) * 28.0)
    corner = np.stack([across.ravel(), down.ravel()], 1)
    box = np.concatenate([corner, corner + np.array([20.0, 24.0])], 1)
    score = np.linspace(0.5, 0.9, 160)
    _, tracker = run(video(3, box, score=score))
    assert len(tracker._targets.track) == len(tracker._session.identities) == 150
    kept = boxes(tracker._targets.motion)
    assert not np.isclose(kept[:, None], box[:10]).all(2).any(), "the ten that are least sure"


def test_a_frame_without_detections_where_there_should_be_some_is_an_error():
    frames = [replace(frame, detections=None) for frame in video(1, [])]
    with pytest.raises(ValueError, match="needs detections"):
        run(frames)


def test_a_negative_interval_is_refused():
    with pytest.raises(ValueError, match="interval: -1 found"):
        load_tracker("masktracker", {"weights": "random", "interval": -1})


def test_rows_of_targets_can_be_joined_and_replaced():
    both = rows.join(targets(ACTIVE), targets(TENTATIVE))
    assert both.state.tolist() == [ACTIVE, TENTATIVE]
