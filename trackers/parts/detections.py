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
    overlap = box_iou(detections.box[:, None], detections.box)
    rival = (overlap > highest_overlap) & same_class(detections.class_id, detections.class_id)
    kept = np.zeros(len(detections.score), bool)
    for row in np.argsort(-detections.score, kind="stable"):
        kept[row] = not (rival[row] & kept).any()
    return kept


def same_class(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return which of N and M class ids are equal, (N, M) bool."""
    equal: np.ndarray = first[:, None] == second[None]
    return equal
