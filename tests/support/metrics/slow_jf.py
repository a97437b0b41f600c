"""J and F by DAVIS's definition, computed on dense masks: the oracle of the tests.

Source: davisvideochallenge/davis2017-evaluation (davis2017/metrics.py, utils.py, evaluation.py).
The objects are 1 to the largest identity in the first frame of the ground truth.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

FIELDS = ("J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")


def slow_edge(mask: np.ndarray) -> np.ndarray:
    """Return where a pixel differs from the one to its right, below, or right and below."""
    height, width = mask.shape
    right, below = np.minimum(np.arange(width) + 1, width - 1), np.arange(1, height + 1)
    below = np.minimum(below, height - 1)
    return (mask != mask[:, right]) | (mask != mask[below]) | (mask != mask[below][:, right])


def slow_j(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Return the IoU, 1 if both masks are empty."""
    union = np.count_nonzero(truth | prediction)
    return np.count_nonzero(truth & prediction) / union if union else 1.0


def slow_f(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Return the harmonic mean of the shares of both boundaries that lie near the other."""
    radius = np.ceil(0.008 * np.sqrt(truth.shape[0] ** 2 + truth.shape[1] ** 2))
    points = [np.argwhere(slow_edge(mask)) for mask in (truth, prediction)]
    if not len(points[0]) or not len(points[1]):
        return float(len(points[0]) == len(points[1]))
    recall = np.mean(cKDTree(points[1]).query(points[0])[0] <= radius)
    precision = np.mean(cKDTree(points[0]).query(points[1])[0] <= radius)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def time_statistics(values: np.ndarray) -> tuple[float, float, float]:
    """Return mean, recall and decay of one object's values over time."""
    ends = [int(np.floor(x + 0.5 + 1e-10)) - 1 for x in np.linspace(1, len(values), 5)]
    first, last = values[: ends[1] + 1], values[ends[3] : ends[4] + 1]
    return values.mean(), np.mean(values > 0.5), first.mean() - last.mean()


def summarize(region: np.ndarray, contour: np.ndarray) -> dict[str, float]:
    """Return the columns from J and F of each object over time, (N, T)."""
    j, f = (
        np.mean([time_statistics(each) for each in values], axis=0) for values in (region, contour)
    )
    return dict(zip(FIELDS, [(j[0] + f[0]) / 2, *j, *f], strict=True))


def semi_supervised(truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """Return the official values for label images (T, height, width); 255 is background."""
    truth = np.where(truth == 255, 0, truth)
    objects = range(1, int(truth[0].max()) + 1)
    assert {*np.unique(prediction[1:-1])} <= {0, *objects}
    pairs = list(zip(truth[1:-1], prediction[1:-1], strict=True))
    tables = [
        np.array([[measure(t == each, p == each) for t, p in pairs] for each in objects])
        for measure in (slow_j, slow_f)
    ]
    return summarize(*tables)


def unsupervised(truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """Return the official values for label images (T, height, width); 255 is void."""
    void = truth == 255
    truth, prediction = np.where(void, 0, truth), np.where(void, 0, prediction)
    objects = range(1, int(truth[0].max()) + 1)
    proposals = range(1, max(int(prediction.max()), len(objects)) + 1)
    tables = [
        np.array(
            [
                [
                    [measure(t == i, p == k) for t, p in zip(truth, prediction, strict=True)]
                    for i in objects
                ]
                for k in proposals
            ]
        )
        for measure in (slow_j, slow_f)
    ]
    score = (tables[0].mean(axis=2) + tables[1].mean(axis=2)) / 2
    chosen = linear_sum_assignment(-score)
    return summarize(tables[0][chosen], tables[1][chosen])
