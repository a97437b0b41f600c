"""The rows that single protocols exclude, tested one row at a time."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.formats import kitti_text
from datasets.types import NO_TRACK, Extent, Tracks
from metrics.score import make_pairings

KITTI = kitti_text.kitti_extent(100, 1000, 1)
CAR, VAN, PEDESTRIAN, SITTING, CYCLIST, DONT_CARE = 1, 2, 4, 5, 6, 9
PLAIN = Extent(100, 1000, 1, {1: "person", 2: "bag", 3: "crowd", 4: "mirror"}, (3, 4))


def tracks(extent, *rows):
    """Return tracks of rows (class, left, right, bottom[, score]); the top of a box is 0."""
    rows = [(*row, 1)[:5] for row in rows]
    columns = np.array(rows, float).reshape(-1, 5)
    count = len(rows)
    return Tracks(
        extent,
        frame=np.zeros(count),
        track=np.where(np.isin(columns[:, 0], extent.ignored), NO_TRACK, np.arange(count)),
        class_id=columns[:, 0],
        score=columns[:, 4],
        box=np.column_stack([columns[:, 1], np.zeros(count), columns[:, 2:4]]),
    )


def kept(protocol, truth, prediction):
    """Return the number of scored rows of ground truth and prediction by class."""
    made = make_pairings(truth, prediction, protocol)
    return {name: (len(each.truth), len(each.prediction)) for name, each in made.items()}


@pytest.mark.parametrize(
    ("truth", "prediction", "cars"),
    [
        ((CAR, 0, 10, 40), (CAR, 0, 10, 40), (1, 1)),
        ((CAR, 0, 10, 40, 0), (CAR, 0, 10, 40), (0, 0)),  # heavily occluded
        ((VAN, 0, 10, 40), (CAR, 0, 10, 40), (0, 0)),
        ((PEDESTRIAN, 0, 10, 40), (CAR, 0, 10, 40), (0, 1)),
        ((CAR, 0, 10, 40), (CYCLIST, 0, 10, 40), (1, 0)),
        ((CAR, 0, 10, 40), (CAR, 500, 510, 25), (1, 0)),  # too small for a false positive
        ((CAR, 0, 10, 40), (CAR, 500, 510, 25.5), (1, 1)),
        ((CAR, 0, 10, 20), (CAR, 0, 10, 20), (1, 1)),  # small, but a true positive
        ((DONT_CARE, 0, 10, 40), (CAR, 0, 19.5, 40), (0, 0)),
        ((DONT_CARE, 0, 10, 40), (CAR, 0, 20, 40), (0, 1)),  # half is not more than half
    ],
)
def test_kitti_keeps_or_excludes_rows_of_cars(truth, prediction, cars):
    assert kept("kitti", tracks(KITTI, truth), tracks(KITTI, prediction))["car"] == cars


def test_kitti_excludes_sitting_people():
    truth, prediction = tracks(KITTI, (SITTING, 0, 10, 40)), tracks(KITTI, (PEDESTRIAN, 0, 10, 40))
    assert kept("kitti", truth, prediction) == {"car": (0, 0), "pedestrian": (0, 0)}


def test_kitti_ignore_regions_are_considered_one_by_one():
    truth = tracks(KITTI, (DONT_CARE, 0, 10, 40), (DONT_CARE, 5, 15, 40))
    assert kept("kitti", truth, tracks(KITTI, (CAR, -15, 15, 40)))["car"] == (0, 1)
    assert kept("kitti", truth, tracks(KITTI, (CAR, 0, 15, 40)))["car"] == (0, 0)


def test_kitti_refuses_other_classes():
    extent = Extent(100, 1000, 1, {1: "person", 4: "pedestrian"})
    with pytest.raises(
        ValueError, match="class 1: expected 'car' for the KITTI protocol, found 'person'"
    ):
        kept("kitti", tracks(extent), tracks(extent))


@pytest.mark.parametrize(
    ("truth", "prediction", "expected"),
    [
        ((1, 0, 10, 10), (1, 0, 10, 10), {"person": (1, 1), "bag": (0, 0)}),
        ((1, 0, 10, 10), (2, 0, 10, 10), {"person": (1, 0), "bag": (0, 1)}),
        ((1, 0, 10, 10, 0), (1, 0, 10, 10), {"person": (0, 1), "bag": (0, 0)}),
        ((3, 0, 10, 10), (1, 0, 10, 10), {"person": (0, 0), "bag": (0, 0)}),
        ((4, 0, 10, 10, 0), (2, 0, 10, 10), {"person": (0, 0), "bag": (0, 0)}),
        ((3, 0, 10, 10), (1, 0, 20.5, 10), {"person": (0, 1), "bag": (0, 0)}),
        ((3, 0, 10, 10), (3, 0, 10, 10), {"person": (0, 0), "bag": (0, 0)}),
    ],
)
def test_plain_scores_every_class_that_is_not_ignored(truth, prediction, expected):
    assert kept("plain", tracks(PLAIN, truth), tracks(PLAIN, prediction)) == expected


def test_a_plain_prediction_is_matched_with_the_row_of_larger_overlap():
    truth = tracks(PLAIN, (1, 0, 10, 10), (3, 2, 12, 10))
    assert kept("plain", truth, tracks(PLAIN, (1, 0.5, 10.5, 10)))["person"] == (1, 1)
    assert kept("plain", truth, tracks(PLAIN, (1, 1.5, 11.5, 10)))["person"] == (1, 0)


def test_predictions_of_two_classes_on_one_crowd_are_both_excluded():
    truth = tracks(PLAIN, (3, 0, 10, 10))
    both = tracks(PLAIN, (1, 0, 10, 10), (2, 0, 10, 10))
    assert kept("plain", truth, both) == {"person": (0, 0), "bag": (0, 0)}


def test_a_ground_truth_of_another_class_does_not_prevent_the_match_with_a_crowd():
    truth = tracks(PLAIN, (2, 0, 10, 10), (3, 2, 12, 10))
    assert kept("plain", truth, tracks(PLAIN, (1, 0.5, 10.5, 10)))["person"] == (0, 0)
