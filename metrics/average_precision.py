"""Compute average precision: the precision of ranked detections averaged over recall.

Partials concatenate the detections of sequences with their match flags. A total ranks the
detections of all sequences together, class by class, and takes the mean over classes.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/test_average_precision.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching.greedy_matching import (
    MAX_DETECTIONS,
    SIZES,
    THRESHOLDS,
    MatchingInput,
    match_greedily,
)

_RECALLS = np.linspace(0, 1, 101)
_LIMITS = (1, 10, MAX_DETECTIONS)  # maximum number of detections per unit, for recall
_DETECTION_FIELDS = ("score", "rank", "matched", "ignored")
_AT = {"AP50": 0, "AP75": 5}  # index of the threshold


@dataclass(frozen=True)
class Partial:
    """Values that are combined over sequences: detections sorted by class, unit and rank.

    In `matched` and `ignored`, bit 10 s + t stands for size s and threshold t.

    Args:
        score: (D,) confidence of each detection.
        rank: (D,) rank of the detection in its unit, from 0.
        matched: (D,) whether the detection is matched with a ground truth.
        ignored: (D,) whether the detection is neither a true nor a false positive.
        classes: (C,) increasing index of each class among those that the protocol scores.
        detection_count: (C,) detections of each class.
        truth_count: (C, 4) ground truths of each class and size that count towards recall.
        unit: (D,) rank of the unit of each detection among those of all sequences; None if units of
            different sequences are ranked in the order of the sequences.
    """

    score: np.ndarray
    rank: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    classes: np.ndarray
    detection_count: np.ndarray
    truth_count: np.ndarray
    unit: np.ndarray | None = None


def make_partial(
    detections: MatchingInput, limits: tuple[int, int], class_number: int, *, ranked: bool = False
) -> Partial:
    """Return the partial of one sequence and class.

    Args:
        limits: As for `match_greedily`.
        ranked: Whether the units of the detections are those of all sequences.
    """
    matches = match_greedily(detections, limits)
    return Partial(
        detections.score[matches.detection],
        matches.rank,
        _pack(matches.matched),
        _pack(matches.ignored),
        np.array([class_number]),
        np.array([len(matches.rank)]),
        matches.truth_count[None],
        detections.unit[matches.detection] if ranked else None,
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return all detections and ground truths.

    Equal scores keep the order of the units if all sequences rank them, else that of the sequences.
    """
    ranked = all(each.unit is not None for each in partials)
    names = [*_DETECTION_FIELDS, "unit"] if ranked else _DETECTION_FIELDS
    joined = {
        name: np.concatenate([np.asarray(getattr(each, name)) for each in partials])
        for name in (*names, "classes", "detection_count", "truth_count")
    }
    classes, which = np.unique(joined["classes"], return_inverse=True)
    owner = np.repeat(which, joined["detection_count"])
    order = np.lexsort((joined["unit"], owner) if ranked else (owner,))
    total = {name: joined[name][order] for name in names}
    for name in ("detection_count", "truth_count"):
        total[name] = np.zeros((len(classes), *joined[name].shape[1:]), np.int64)
        np.add.at(total[name], which, joined[name])
    return Partial(**total, classes=classes)


def columns(prefix: str, of: str, unit: str, limits: tuple[int, int]) -> tuple[Column, ...]:
    """Return the columns that `summarize` fills.

    Args:
        prefix: Prefix of each column name.
        of: Noun for the detections.
        unit: Noun for the unit in which detections are ranked.
        limits: Size limits, as for `match_greedily`.
    """
    small, large = (f"{side} x {side} pixels" for side in limits)
    mean = f"Average precision of {of}, mean over IoU 0.50 to 0.95"
    meanings = {
        "AP": f"{mean} and over classes",
        "AP50": f"Average precision of {of} at IoU 0.50",
        "AP75": f"Average precision of {of} at IoU 0.75",
        "AP_small": f"{mean}; up to {small}",
        "AP_medium": f"{mean}; between {small} and {large}",
        "AP_large": f"{mean}; from {large}",
    }
    recall = f"Recall of {of}, mean over IoU 0.50 to 0.95"
    meanings |= {f"AR{limit}": f"{recall}; at most {limit} per {unit}" for limit in _LIMITS}
    return tuple(Column(prefix + name, "ratio", "up", text) for name, text in meanings.items())


def summarize(partial: Partial, prefix: str) -> dict[str, float]:
    """Return the value of each of `columns`, the mean over classes with such ground truth."""
    precision, recall = _precision(partial), _recall(partial)
    found = {"AP": precision[:, 0]}
    found |= {name: precision[:, 0, at] for name, at in _AT.items()}
    found |= {f"AP_{size}": precision[:, s] for s, size in enumerate(SIZES) if s}
    found |= {f"AR{limit}": recall[:, place] for place, limit in enumerate(_LIMITS)}
    return {prefix + name: _mean(each) for name, each in found.items()}


def at_thresholds(partial: Partial, prefix: str) -> dict[str, np.ndarray]:
    """Return AP at each threshold, (10,); empty without ground truth."""
    precision = _precision(partial, 1)[:, 0]
    defined = ~np.isnan(precision[:, 0])
    return {f"{prefix}AP": precision[defined].mean(axis=0)} if defined.any() else {}


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _precision(partial: Partial, sizes: int = len(SIZES)) -> np.ndarray:
    """Return the precision of each class, size and threshold, (C, sizes, 10).

    It is NaN without ground truth.
    """
    owner = np.repeat(np.arange(len(partial.classes)), partial.detection_count)
    order = np.lexsort((-partial.score, owner))
    true, false = _true_positives(partial)[order], _false_positives(partial)[order]
    flags = _unpack(true, sizes), _unpack(false, sizes)
    truths = partial.truth_count.T[:sizes, None]
    best = _interpolated_precision(*flags, _edges(partial), truths)
    return np.where(truths, best.mean(axis=0), np.nan).transpose(2, 0, 1)


def _interpolated_precision(
    true: np.ndarray, false: np.ndarray, edges: np.ndarray, truths: np.ndarray
) -> np.ndarray:
    """Return the maximum precision at each recall or above, (101, sizes, 10, C).

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
    until = _cumulated(false)
    false_positives = until[flag, place + 1] - until[flag, edges[owner]]
    precision = true_positives / (false_positives + true_positives + np.spacing(1))

    shape = (len(_RECALLS), len(truths), len(THRESHOLDS), classes)
    least = np.broadcast_to(_least_true_positives(truths), shape).reshape(len(_RECALLS), -1) - 1
    edge = first + np.minimum(least, count)
    best = np.maximum.reduceat(np.append(precision, 0), edge.T.ravel())
    best = np.where(least < count, best.reshape(-1, len(_RECALLS)).T, 0)
    return np.maximum.accumulate(best[::-1])[::-1].reshape(shape)


def _least_true_positives(truths: np.ndarray) -> np.ndarray:
    """Return the number of true positives, at least 1, that reaches each recall, (101, ...).

    Args:
        truths: Numbers of ground truths, of any shape.
    """
    truths = np.maximum(truths, 1)
    recall = _RECALLS.reshape(-1, *(1,) * truths.ndim)
    least = np.floor(recall * truths)
    least += least / truths < recall  # the product may be rounded down or up
    least -= (least - 1) / truths >= recall
    return np.maximum(least, 1).astype(np.int64)


def _recall(partial: Partial) -> np.ndarray:
    """Return the recall of each class, limit and threshold, (C, 3, 10).

    It is NaN without ground truth.
    """
    truths, edges = partial.truth_count[:, :1, None], _edges(partial)
    true = _unpack(_true_positives(partial), 1)
    until = [_cumulated(true & (partial.rank < limit)) for limit in _LIMITS]
    count = np.diff(np.stack(until)[:, :, edges]).transpose(2, 0, 1)
    return np.where(truths, count / np.maximum(truths, 1), np.nan)


def _edges(partial: Partial) -> np.ndarray:
    """Return the first detection of each class, and the end, (C + 1,)."""
    return np.cumsum([0, *partial.detection_count])


def _cumulated(flags: np.ndarray) -> np.ndarray:
    """Return how many of the first 0 .. D detections have each flag, (F, D + 1), given (F, D)."""
    until = np.zeros((len(flags), flags.shape[1] + 1), np.int32)
    np.cumsum(flags, axis=1, out=until[:, 1:])
    return until


def _true_positives(partial: Partial) -> np.ndarray:
    return partial.matched.astype(np.int64) & ~partial.ignored.astype(np.int64)


def _false_positives(partial: Partial) -> np.ndarray:
    return ~(partial.matched.astype(np.int64) | partial.ignored.astype(np.int64))


def _pack(flags: np.ndarray) -> np.ndarray:
    """Return (N, 4, 10) bool as (N,) int64 of 40 bits."""
    packed = np.zeros((len(flags), 8), np.uint8)
    flags = flags.reshape(len(flags), len(SIZES) * len(THRESHOLDS))
    bits = np.packbits(flags, axis=1, bitorder="little")
    packed[:, : bits.shape[1]] = bits
    return packed.view("<i8")[:, 0].astype(np.int64)


def _unpack(packed: np.ndarray, sizes: int) -> np.ndarray:
    """Return the bits of the first sizes, (10 sizes, N) bool."""
    octets = packed.astype("<i8")[:, None].view(np.uint8)
    bits = np.unpackbits(octets, axis=1, count=sizes * len(THRESHOLDS), bitorder="little")
    return np.ascontiguousarray(bits.T).view(bool)
