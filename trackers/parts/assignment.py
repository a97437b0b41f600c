"""One-to-one matching of rows and columns."""

from __future__ import annotations

import numpy as np

from datasets.assignment import linear_sum_assignment


def match(similarity: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of the optimal one-to-one matching, in order of the rows.

    The optimal matching maximises the sum of similarity minus `threshold` over its pairs.

    Args:
        similarity: (N, M), larger is better; -inf forbids a pair.
        threshold: Pairs below it are never matched, even if both sides then stay unmatched.
    """
    gain = similarity - threshold
    rows, columns = linear_sum_assignment(np.maximum(gain, 0), maximize=True)
    allowed = gain[rows, columns] >= 0
    return rows[allowed], columns[allowed]


def match_overlapping(
    iou: np.ndarray, min_iou: float, bonus: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the matching of largest total, without its pairs of too small an IoU, as in SORT.

    Args:
        iou: (N, M); -inf forbids a pair.
        min_iou: Pairs of the matching with a smaller IoU are rejected afterwards.
        bonus: Added to the IoU in the total only; not negative.
    """
    rows, columns = match(iou + bonus, 0.0)
    accepted = iou[rows, columns] >= min_iou
    return rows[accepted], columns[accepted]


def unmatched(count: int, matched: np.ndarray) -> np.ndarray:
    """Return the indices in 0 .. count - 1 that are not in `matched`, in ascending order."""
    return np.setdiff1d(np.arange(count), matched)
