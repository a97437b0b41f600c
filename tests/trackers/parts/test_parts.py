from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from datasets.types import Detections
from trackers.parts import rows
from trackers.parts.assignment import match, match_overlapping, unmatched
from trackers.parts.box_motion import AreaAspect, AspectHeight
from trackers.parts.detections import select, suppress


def test_the_best_sum_wins_over_the_best_pair():
    similarity = np.array([[0.9, 0.8], [0.8, 0.1]])
    row, column = match(similarity, 0.0)
    assert list(zip(row, column, strict=True)) == [(0, 1), (1, 0)]


def test_a_pair_below_the_threshold_is_never_matched():
    row, column = match(np.array([[0.9, 0.4], [0.4, 0.1]]), 0.5)
    assert list(zip(row, column, strict=True)) == [(0, 0)]


def test_a_pair_at_the_threshold_is_matched():
    assert len(match(np.array([[0.5]]), 0.5)[0]) == 1


def test_a_forbidden_pair_is_never_matched():
    assert len(match(np.array([[-np.inf]]), 0.0)[0]) == 0


def test_a_pair_of_small_iou_is_rejected_after_the_matching():
    iou = np.array([[0.35, 0.2], [0.2, 0.0]])  # crossed pairs: larger sum, small IoU
    assert len(match_overlapping(iou, 0.3)[0]) == 0


def test_a_bonus_counts_in_the_matching_but_not_in_the_minimum_iou():
    iou, bonus = np.array([[0.5, 0.4]]), np.array([[0.0, 0.2]])
    assert match_overlapping(iou, 0.3, bonus)[1].tolist() == [1]
    assert len(match_overlapping(iou, 0.45, bonus)[1]) == 0


def test_unmatched_returns_the_remaining_indices():
    assert unmatched(4, np.array([2, 0])).tolist() == [1, 3]


class MatrixFilter:
    """The Kalman filter in its textbook form, the reference for the decoupled one."""

    def __init__(self, mean, covariance, measured):
        self.mean, self.covariance = mean, covariance
        size = len(mean)
        self.motion = np.eye(size)
        self.motion[: size - measured, measured:] = np.eye(size - measured)
        self.observe = np.eye(measured, size)

    def predict(self, noise):
        self.mean = self.motion @ self.mean
        self.covariance = self.motion @ self.covariance @ self.motion.T + np.diag(noise)

    def update(self, measurement, noise):
        innovation_covariance = self.observe @ self.covariance @ self.observe.T + np.diag(noise)
        gain = self.covariance @ self.observe.T @ np.linalg.inv(innovation_covariance)
        self.mean = self.mean + gain @ (measurement - self.observe @ self.mean)
        self.covariance = self.covariance - gain @ innovation_covariance @ gain.T


WALK = [np.array([10.0 + 3 * t, 20 + t, 40 + 3.3 * t, 90 + 1.5 * t]) for t in range(6)]


def centre_aspect_height(box):
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    return np.array([(left + right) / 2, (top + bottom) / 2, width / height, height])


def test_aspect_height_equals_the_eight_state_filter_of_deepsort():
    first = centre_aspect_height(WALK[0])
    h = first[3]
    deviation = np.array([h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16])
    full = MatrixFilter(np.append(first, np.zeros(4)), np.diag(deviation**2), 4)
    motion = AspectHeight.initiate(WALK[0][None])
    for box in WALK[1:]:
        h = full.mean[3]
        process = [h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]
        full.predict(np.square(process))
        motion = AspectHeight.predict(motion)
        h = full.mean[3]
        noise = np.square([h / 20, h / 20, 1e-1, h / 20])
        innovation_covariance = full.observe @ full.covariance @ full.observe.T + np.diag(noise)
        innovation = centre_aspect_height(box) - full.mean[:4]
        distance = innovation @ np.linalg.solve(innovation_covariance, innovation)
        assert AspectHeight.distance(motion, box[None])[0, 0] == pytest.approx(distance, rel=1e-9)
        full.update(centre_aspect_height(box), noise)
        motion = AspectHeight.update(motion, box[None])
    assert motion.position[0] == pytest.approx(full.mean[:4], rel=1e-9)
    assert motion.velocity[0] == pytest.approx(full.mean[4:], rel=1e-9)
    assert motion.position_variance[0] == pytest.approx(np.diag(full.covariance)[:4], rel=1e-9)


def test_area_aspect_equals_the_seven_state_filter_of_sort():
    def measured(box):
        x, y, aspect, height = centre_aspect_height(box)
        return np.array([x, y, aspect * height * height, aspect])

    full = MatrixFilter(
        np.append(measured(WALK[0]), np.zeros(3)), np.diag([10.0] * 4 + [1e4] * 3), 4
    )
    motion = AreaAspect.initiate(WALK[0][None])
    for box in WALK[1:]:
        full.predict(np.array([1, 1, 1, 1, 1e-2, 1e-2, 1e-4]))
        full.update(measured(box), np.array([1, 1, 10, 10]))
        motion = AreaAspect.update(AreaAspect.predict(motion), box[None])
    assert motion.position[0] == pytest.approx(full.mean[:4], rel=1e-9)
    assert motion.velocity[0, :3] == pytest.approx(full.mean[4:], rel=1e-9)
    assert motion.velocity[0, 3] == 0


def test_a_predicted_area_never_shrinks_below_zero():
    motion = AreaAspect.initiate(np.array([[0.0, 0, 10, 10]]))
    motion = AreaAspect.update(AreaAspect.predict(motion), np.array([[4.0, 4, 6, 6]]))
    for _ in range(20):
        motion = AreaAspect.predict(motion)
    box = AreaAspect.box(motion)
    assert np.isfinite(box).all()
    assert (box[:, 2:] >= box[:, :2]).all()


@pytest.mark.parametrize("model", [AspectHeight, AreaAspect])
def test_a_box_round_trips_through_the_state(model):
    box = np.array([[10.0, 20, 40, 90]])
    assert model.box(model.initiate(box))[0] == pytest.approx(box[0])


def detections(boxes, scores, classes=None):
    classes = np.ones(len(boxes), int) if classes is None else np.array(classes)
    return Detections(np.array(boxes, float).reshape(-1, 4), np.array(scores, float), classes)


def test_select_drops_low_scores_and_boxes_of_zero_size():
    boxes = [[0, 0, 2, 2], [0, 0, 2, 2], [1, 1, 1, 5]]
    assert select(detections(boxes, [0.5, 0.4, 0.9]), 0.5).score.tolist() == [0.5]


def test_select_without_detections_is_an_error():
    with pytest.raises(ValueError, match="needs detections"):
        select(None, 0.5)


def test_suppression_keeps_the_higher_score_of_two_overlapping_detections():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]]
    kept = suppress(detections(boxes, [0.6, 0.8, 0.3]), 0.5)
    assert kept.score.tolist() == [0.8, 0.3]


def test_suppression_does_not_cross_classes():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 10]]
    assert len(suppress(detections(boxes, [0.6, 0.8], [1, 2]), 0.5).score) == 2


@dataclass(frozen=True)
class Inner:
    value: np.ndarray


@dataclass(frozen=True)
class Outer:
    name: np.ndarray
    inner: Inner


def test_nested_tables_are_taken_joined_and_put():
    table = Outer(np.array([1, 2, 3]), Inner(np.array([10, 20, 30])))
    last = rows.take(table, np.array([2]))
    assert (last.name.tolist(), last.inner.value.tolist()) == ([3], [30])
    assert rows.join(table, last).inner.value.tolist() == [10, 20, 30, 30]
    changed = rows.put(table, np.array([0]), last)
    assert changed.inner.value.tolist() == [30, 20, 30]
    assert table.inner.value.tolist() == [10, 20, 30], "the argument is not modified"
