"""Interpolated precision of ranked detections, for many classes, sizes and thresholds at once.

Source: pycocotools 2.0, COCOeval.accumulate.
"""

from __future__ import annotations

import numpy as np

_RECALLS = np.linspace(0, 1, 101)


def mean_precision(
    true: np.ndarray, false: np.ndarray, edges: np.ndarray, truths: np.ndarray
) -> np.ndarray:
    """Return the maximum precision at a recall or above, mean over 101 recalls, (sizes, 10, C).

    The maximum is at a true positive: a false positive is less precise than the one before it.

    Args:
        true: (F, D) bool, true positives by class and rank, for each size and threshold.
        false: (F, D) bool, false positives.
        edges: (C + 1,) first detection of each class, and the end.
        truths: (sizes, 1, C) number of ground truths.
    """
    flag, place = np.nonzero(true)
    classes = len(edges) - 1
    owner = np.repeat(np.arange(classes), np.diff(edges))[place]
    group = flag * classes + owner
    count = np.bincount(group, minlength=len(true) * classes)
    first = np.cumsum(count) - count
    true_positives = np.arange(1, len(place) + 1) - first[group]
    until = cumulated(false)
    false_positives = until[flag, place + 1] - until[flag, edges[owner]]
    precision = true_positives / (false_positives + true_positives + np.spacing(1))

    found = np.zeros((len(truths), len(true) // len(truths), classes))
    some = np.flatnonzero(count)
    least = _least_true_positives(np.broadcast_to(truths, found.shape).ravel()[some]) - 1
    edge = first[some] + np.minimum(least, count[some])
    best = np.maximum.reduceat(np.append(precision, 0), edge.T.ravel())
    best = np.where(least < count[some], best.reshape(-1, len(_RECALLS)).T, 0)
    best = np.maximum.accumulate(best[::-1])[::-1]
    found.flat[some] = np.ascontiguousarray(best).mean(axis=0)
    return found


def _least_true_positives(truths: np.ndarray) -> np.ndarray:
    """Return the number of true positives, at least 1, that reaches each recall, (101, N).

    Args:
        truths: (N,) numbers of ground truths.
    """
    truths, recall = np.maximum(truths, 1), _RECALLS[:, None]
    least = np.floor(recall * truths)
    least += least / truths < recall  # the product may be rounded down or up
    least -= (least - 1) / truths >= recall
    return np.maximum(least, 1).astype(np.int64)


def cumulated(flags: np.ndarray) -> np.ndarray:
    """Return how many of the first 0 .. D detections have each flag, (F, D + 1), given (F, D)."""
    until = np.zeros((len(flags), flags.shape[1] + 1), np.int32)
    np.cumsum(flags, axis=1, out=until[:, 1:])
    return until
