"""One-to-one matching of rows and columns."""

from __future__ import annotations

import numpy as np

from datasets.assignment import linear_sum_assignment


def match(similarity: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of the best one-to-one matching, in order of the rows.

    The best matching has the largest sum of similarity above `threshold`.

    Args:
        similarity: (N, M), larger is better; -inf forbids a pair.
        threshold: Pairs below it are never matched, even if that leaves both sides alone.
    """
    gain = similarity - threshold
    rows, columns = linear_sum_assignment(np.maximum(gain, 0), maximize=True)
    allowed = gain[rows, columns] >= 0
    return rows[allowed], columns[allowed]


def match_overlapping(
    iou: np.ndarray, least: float, bonus: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the matching of the largest total, less its pairs that overlap too little, as in SORT.

    Args:
        iou: (N, M); -inf forbids a pair.
        least: IoU below which a pair of that matching is no match.
        bonus: Added to the IoU for the total alone; not negative.
    """
    rows, columns = match(iou + bonus, 0.0)
    good = iou[rows, columns] >= least
    return rows[good], columns[good]


def unmatched(count: int, matched: np.ndarray) -> np.ndarray:
    """Return those of 0 .. count - 1 that are not in `matched`, rising."""
    return np.setdiff1d(np.arange(count), matched)
