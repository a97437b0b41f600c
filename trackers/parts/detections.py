"""Which detections a tracker looks at."""

from __future__ import annotations

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections


def select(detections: Detections | None, lowest: float) -> Detections:
    """Return the detections with a score of at least `lowest` and a box that has an area.

    Raises:
        ValueError: There are none to look at: the frame carries no detections.
    """
    if detections is None:
        raise ValueError("this tracker needs detections and the frame carries none")
    size = detections.box[:, 2:] - detections.box[:, :2]
    return detections.take((detections.score >= lowest) & (size > 0).all(axis=1))


def no_detections() -> Detections:
    """Return detections of which there are none."""
    return Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


def suppress(detections: Detections, highest_overlap: float) -> Detections:
    """Return what greedy non-maximum suppression leaves, see `unsuppressed`."""
    return detections.take(unsuppressed(detections, highest_overlap))


def unsuppressed(detections: Detections, highest_overlap: float) -> np.ndarray:
    """Return the rows that greedy non-maximum suppression leaves, (N,) bool, class by class.

    Args:
        highest_overlap: A detection goes if its IoU with a kept one of higher score is above this;
            1 keeps all.
    """
    order = np.argsort(-detections.score, kind="stable")
    kept = np.ones(len(order), bool)
    for each in np.unique(detections.class_id):
        rows = order[detections.class_id[order] == each]
        box, alive = detections.box[rows], np.ones(len(rows), bool)
        rival = box_iou(box[:, None], box) > highest_overlap
        for row in range(len(rows)):
            if alive[row]:
                alive[row + 1 :] &= ~rival[row, row + 1 :]
        kept[rows] = alive
    return kept


def same_class(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return which of N and M class ids are equal, (N, M) bool."""
    equal: np.ndarray = first[:, None] == second[None]
    return equal
