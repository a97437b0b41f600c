"""Selection and suppression of detections."""

from __future__ import annotations

import numpy as np

from datasets.io.mended import count_mended
from datasets.overlap import box_iou
from datasets.types import Detections

_BLOCK = 256  # boxes


def select(detections: Detections | None, min_score: float) -> Detections:
    """Return the detections with a score of at least `min_score` and a box of positive size.

    Raises:
        ValueError: The frame carries no detections.
    """
    if detections is None:
        raise ValueError("this tracker needs detections and the frame carries none")
    size = detections.box[:, 2:] - detections.box[:, :2]
    return detections.take((detections.score >= min_score) & (size > 0).all(axis=1))


def no_detections() -> Detections:
    """Return an empty set of detections."""
    return Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


def suppress(detections: Detections, max_iou: float) -> Detections:
    """Return the detections that greedy non-maximum suppression keeps, see `unsuppressed`."""
    return detections.take(unsuppressed(detections, max_iou))


def unsuppressed(detections: Detections, max_iou: float) -> np.ndarray:
    """Return which detections greedy non-maximum suppression keeps, (N,) bool, class by class.

    Args:
        max_iou: A detection is suppressed if its IoU with a kept one of higher score exceeds this;
            1 keeps all.
    """
    kept = np.zeros(len(detections.score), bool)
    if max_iou >= 1:
        return ~kept
    order = np.argsort(-detections.score, kind="stable")
    for class_id in np.unique(detections.class_id):
        rows = order[detections.class_id[order] == class_id]
        while len(rows):  # in blocks, since the overlaps of all pairs may not fit into memory
            block, rows = rows[:_BLOCK], rows[_BLOCK:]
            survivors = block[_greedy(detections.box[block], max_iou)]
            kept[survivors] = True
            overlap = box_iou(detections.box[survivors][:, None], detections.box[rows])
            rows = rows[~(overlap > max_iou).any(0)]
    return kept


def _greedy(box: np.ndarray, max_iou: float) -> np.ndarray:
    """Return which boxes (N, 4) of one class, in descending order of score, are kept, (N,) bool."""
    overlapping, alive = box_iou(box[:, None], box) > max_iou, np.ones(len(box), bool)
    for row in range(len(box)):
        if alive[row]:
            alive[row + 1 :] &= ~overlapping[row, row + 1 :]
    return alive


def count_beyond_maximum(count: int, option: str) -> None:
    """Count detections without an object, for the note at the end of a program.

    Args:
        option: Option with the maximum number of objects at a time.
    """
    count_mended(f"detections that start no object, because there are {option} already", count)


def same_class(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return which pairs of N and M class ids are equal, (N, M) bool."""
    equal: np.ndarray = first[:, None] == second[None]
    return equal
