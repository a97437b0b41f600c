"""Every rule of MaskTrack R-CNN's memory."""

from __future__ import annotations

import numpy as np
import pytest

from trackers.mask_rcnn.segmenter import Objects
from trackers.methods.masktrack_rcnn.memory import UNASSIGNED, Memory
from trackers.methods.masktrack_rcnn.options import AssociationWeights

LEFT, RIGHT = [0, 0, 20, 40], [100, 0, 120, 40]
RED, BLUE = [4.0, 0.0], [0.0, 4.0]


def objects(*box, score=None, label=None) -> Objects:
    count = len(box)
    score = np.full(count, 0.9) if score is None else np.array(score, float)
    label = np.zeros(count, np.int64) if label is None else np.array(label)
    return Objects(np.array(box, np.float32).reshape(count, 4), score, label)


def vectors(*vector) -> np.ndarray:
    return np.array(vector, np.float32).reshape(len(vector), 2)


def memory(weights=None, num_frames_retain=None, *, motion=False, max_age=70, mean=False) -> Memory:
    return Memory(
        weights or AssociationWeights(),
        num_frames_retain,
        motion=motion,
        max_age=max_age,
        mean=mean,
    )


def test_the_first_objects_are_numbered_in_order():
    assert memory().assign(objects(LEFT, RIGHT), vectors(RED, BLUE)).tolist() == [0, 1]


def test_embeddings_decide_where_boxes_do_not_overlap():
    tracks = memory()
    tracks.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    far = [300, 0, 320, 40]
    assert tracks.assign(objects(far), vectors(BLUE)).tolist() == [1]


def test_without_the_tracking_head_only_iou_and_class_count():
    tracks = memory(AssociationWeights(vector_weight=0.0))
    tracks.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    assert tracks.assign(objects(LEFT), vectors(BLUE)).tolist() == [0]
    assert tracks.assign(objects([300, 0, 320, 40]), vectors(BLUE)).tolist() == [2]


def test_a_dissimilar_object_is_new_and_matched_from_then_on():
    tracks = memory()
    tracks.assign(objects(LEFT), vectors(RED))
    opposite = [-4.0, 0.0]
    assert tracks.assign(objects(RIGHT), vectors(opposite)).tolist() == [1]
    assert tracks.assign(objects(RIGHT), vectors(opposite)).tolist() == [1]


def test_the_score_equals_the_papers_formula():
    # one entry with product 16: log softmax -1e-7, for "new" -16; an IoU of 1/3 counts 2/3
    tracks = memory()
    tracks.assign(objects(LEFT), vectors(RED))
    moved = objects([10, 0, 30, 40], score=[0.5])
    score = tracks.compare(tracks.entries, moved, vectors(RED))
    log_softmax = np.log(np.array([1.0, np.exp(16.0)]) / (1 + np.exp(16.0)))
    expected = log_softmax + np.log(0.5) + np.array([0, 2 / 3]) + 10
    np.testing.assert_allclose(score, expected[None], atol=1e-6)


@pytest.mark.parametrize(("label", "identity"), [(0, 0), (1, 1)])
def test_another_class_is_another_object(label, identity):
    tracks = memory()
    tracks.assign(objects(LEFT), vectors([1.0, 0.0]))
    found = tracks.assign(objects(LEFT, label=[label]), vectors([1.0, 0.0]))
    assert found.tolist() == [identity]


def test_of_two_objects_with_one_entry_the_better_gets_it_and_the_other_none():
    for order in (slice(None), slice(None, None, -1)):
        tracks = memory()
        tracks.assign(objects(LEFT), vectors(RED))
        both = [([0, 0, 20, 40], 0.9), ([4, 0, 24, 40], 0.6)][order]
        found = tracks.assign(
            objects(*(box for box, _ in both), score=[score for _, score in both]),
            vectors(RED, RED),
        )
        assert sorted(found.tolist()) == [UNASSIGNED, 0]
        assert found[[score for _, score in both].index(0.9)] == 0


def test_a_new_entry_is_not_matched_in_its_own_frame():
    tracks = memory()
    tracks.assign(objects(LEFT), vectors(RED))
    opposite = [-4.0, 0.0]
    found = tracks.assign(objects(RIGHT, RIGHT), vectors(opposite, opposite))
    assert found.tolist() == [1, 2]


def test_a_frame_without_objects_removes_no_entry():
    tracks = memory()
    tracks.assign(objects(LEFT), vectors(RED))
    assert tracks.assign(objects(), vectors()).tolist() == []
    assert tracks.assign(objects(RIGHT), vectors(RED)).tolist() == [0]


@pytest.mark.parametrize(("frames", "identity"), [(2, 0), (3, 1)])
def test_an_object_missed_for_more_than_retain_frames_is_removed(frames, identity):
    tracks = memory(num_frames_retain=3)
    tracks.assign(objects(LEFT), vectors(RED))
    for _ in range(frames):
        tracks.assign(objects(), vectors())
    assert tracks.assign(objects(LEFT), vectors(RED)).tolist() == [identity]


def test_an_entry_keeps_the_latest_vector_and_box():
    tracks = memory()
    tracks.assign(objects(LEFT), vectors(RED))
    tracks.assign(objects([10, 0, 30, 40]), vectors([4.0, 3.0]))
    np.testing.assert_array_equal(tracks.entries.vector, [[4.0, 3.0]])
    np.testing.assert_array_equal(tracks.entries.box, [[10, 0, 30, 40]])


def test_an_entry_can_keep_the_mean_of_its_vectors():
    tracks = memory(mean=True)
    tracks.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    for vector in ([4.0, 3.0], [1.0, 0.0]):
        tracks.assign(objects(LEFT), vectors(vector))
    np.testing.assert_allclose(tracks.entries.vector, [np.mean([RED, [4, 3], [1, 0]], 0), BLUE])


@pytest.mark.parametrize(("new", "identity"), [(0.0, 0), (2.0, 0), (14.0, 1)])
def test_a_match_needs_a_higher_score_than_a_new_object(new, identity):
    tracks = memory(AssociationWeights(new_logit=new))
    tracks.assign(objects(LEFT), vectors(RED))
    similar = [3.0, 0.0]  # product 12, IoU 0
    assert tracks.assign(objects([300, 0, 320, 40]), vectors(similar)).tolist() == [identity]


def test_with_motion_the_box_is_predicted():
    still, moving = memory(), memory(motion=True, max_age=2)
    for step in range(5):
        for tracks in (still, moving):
            tracks.assign(objects([10 * step, 0, 10 * step + 20, 40]), vectors(RED))
    for tracks in (still, moving):
        tracks.assign(objects(), vectors())
        tracks.assign(objects(), vectors())
    assert still.entries.box[0, 0] == 40
    assert moving.entries.box[0, 0] > 50
    stopped = moving.entries.box.copy()
    moving.assign(objects(), vectors())
    np.testing.assert_array_equal(moving.entries.box, stopped, "older than max_age")


def test_track_ids_restart_with_each_video():
    tracks = memory()
    tracks.assign(objects(LEFT, RIGHT), vectors(RED, BLUE))
    tracks.start()
    assert tracks.assign(objects(LEFT), vectors(RED)).tolist() == [0]
