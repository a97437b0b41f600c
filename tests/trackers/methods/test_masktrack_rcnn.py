"""MaskTrack R-CNN's memory rule by rule, and the tracker whole."""

from __future__ import annotations

import numpy as np
import pytest

from trackers.mask_rcnn.segmenter import Objects
from trackers.methods.masktrack_rcnn.memory import NOBODY, Memory
from trackers.methods.masktrack_rcnn.options import Weights

LEFT, RIGHT = [0, 0, 20, 40], [100, 0, 120, 40]
RED, BLUE = [4.0, 0.0], [0.0, 4.0]


def objects(*box, score=None, label=None) -> Objects:
    count = len(box)
    score = np.full(count, 0.9) if score is None else np.array(score, float)
    label = np.zeros(count, np.int64) if label is None else np.array(label)
    return Objects(np.array(box, np.float32).reshape(count, 4), score, label)


def vectors(*vector) -> np.ndarray:
    return np.array(vector, np.float32).reshape(len(vector), 2)


def memory(weights=None, retain=None, *, motion=False, max_age=70, mean=False) -> Memory:
    return Memory(weights or Weights(), retain, motion=motion, max_age=max_age, mean=mean)


def test_the_first_objects_are_numbered_in_order():
    assert memory().assign(objects(LEFT, RIGHT), vectors(RED, BLUE)).tolist() == [0, 1]


def test_looks_decide_where_boxes_do_not():
    known = memory()
    known.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    far = [300, 0, 320, 40]
    assert known.assign(objects(far), vectors(BLUE)).tolist() == [1]


def test_without_the_tracking_head_only_overlap_and_class_count():
    known = memory(Weights(vector_weight=0.0))
    known.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    assert known.assign(objects(LEFT), vectors(BLUE)).tolist() == [0]
    assert known.assign(objects([300, 0, 320, 40]), vectors(BLUE)).tolist() == [2]


def test_who_is_like_nobody_is_new_and_known_from_then_on():
    known = memory()
    known.assign(objects(LEFT), vectors(RED))
    opposite = [-4.0, 0.0]
    assert known.assign(objects(RIGHT), vectors(opposite)).tolist() == [1]
    assert known.assign(objects(RIGHT), vectors(opposite)).tolist() == [1]


def test_the_score_is_that_of_the_paper():
    # one entry, product 16: log softmax -1e-7 for it, -16 for new; overlap 1/3 counts 2/3
    known = memory()
    known.assign(objects(LEFT), vectors(RED))
    moved = objects([10, 0, 30, 40], score=[0.5])
    found = known._compare(known._entries, moved, vectors(RED))
    share = np.log(np.array([1.0, np.exp(16.0)]) / (1 + np.exp(16.0)))
    expected = share + np.log(0.5) + np.array([0, 2 / 3]) + 10
    np.testing.assert_allclose(found, expected[None], atol=1e-6)


@pytest.mark.parametrize(("label", "identity"), [(0, 0), (1, 1)])
def test_another_class_is_another_object(label, identity):
    known = memory()
    known.assign(objects(LEFT), vectors([1.0, 0.0]))
    found = known.assign(objects(LEFT, label=[label]), vectors([1.0, 0.0]))
    assert found.tolist() == [identity]


def test_of_two_that_want_one_entry_the_better_gets_it_and_the_other_is_left_out():
    for order in (slice(None), slice(None, None, -1)):
        known = memory()
        known.assign(objects(LEFT), vectors(RED))
        both = [([0, 0, 20, 40], 0.9), ([4, 0, 24, 40], 0.6)][order]
        found = known.assign(
            objects(*(box for box, _ in both), score=[score for _, score in both]),
            vectors(RED, RED),
        )
        assert sorted(found.tolist()) == [NOBODY, 0]
        assert found[[score for _, score in both].index(0.9)] == 0


def test_the_entry_of_a_frame_is_not_met_in_that_frame():
    known = memory()
    known.assign(objects(LEFT), vectors(RED))
    opposite = [-4.0, 0.0]
    found = known.assign(objects(RIGHT, RIGHT), vectors(opposite, opposite))
    assert found.tolist() == [1, 2]


def test_a_frame_without_objects_forgets_nobody():
    known = memory()
    known.assign(objects(LEFT), vectors(RED))
    assert known.assign(objects(), vectors()).tolist() == []
    assert known.assign(objects(RIGHT), vectors(RED)).tolist() == [0]


@pytest.mark.parametrize(("frames", "identity"), [(2, 0), (3, 1)])
def test_who_is_unseen_for_more_than_retain_frames_is_forgotten(frames, identity):
    known = memory(retain=3)
    known.assign(objects(LEFT), vectors(RED))
    for _ in range(frames):
        known.assign(objects(), vectors())
    assert known.assign(objects(LEFT), vectors(RED)).tolist() == [identity]


def test_the_vector_and_box_of_an_entry_are_the_newest():
    known = memory()
    known.assign(objects(LEFT), vectors(RED))
    known.assign(objects([10, 0, 30, 40]), vectors([4.0, 3.0]))
    np.testing.assert_array_equal(known._entries.vector, [[4.0, 3.0]])
    np.testing.assert_array_equal(known._entries.box, [[10, 0, 30, 40]])


def test_the_vector_of_an_entry_may_be_the_mean_of_all_its_own():
    known = memory(mean=True)
    known.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    for vector in ([4.0, 3.0], [1.0, 0.0]):
        known.assign(objects(LEFT), vectors(vector))
    np.testing.assert_allclose(known._entries.vector, [np.mean([RED, [4, 3], [1, 0]], 0), BLUE])


@pytest.mark.parametrize(("new", "identity"), [(0.0, 0), (2.0, 0), (14.0, 1)])
def test_who_is_known_must_be_surer_than_what_is_new(new, identity):
    known = memory(Weights(new_logit=new))
    known.assign(objects(LEFT), vectors(RED))
    half = [3.0, 0.0]  # product 12, overlap counts nothing
    assert known.assign(objects([300, 0, 320, 40]), vectors(half)).tolist() == [identity]


def test_with_motion_the_box_is_where_it_is_expected():
    still, moving = memory(), memory(motion=True, max_age=2)
    for step in range(5):
        for known in (still, moving):
            known.assign(objects([10 * step, 0, 10 * step + 20, 40]), vectors(RED))
    for known in (still, moving):
        known.assign(objects(), vectors())
        known.assign(objects(), vectors())
    assert still._entries.box[0, 0] == 40
    assert moving._entries.box[0, 0] > 50
    stopped = moving._entries.box.copy()
    moving.assign(objects(), vectors())
    np.testing.assert_array_equal(moving._entries.box, stopped, "older than max_age")


def test_identities_begin_anew_with_each_video():
    known = memory()
    known.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    known.start()
    assert known.assign(objects(LEFT), vectors(RED)).tolist() == [0]
