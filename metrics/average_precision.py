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
    found = np.full((len(partial.classes), sizes, len(THRESHOLDS)), np.nan)
    true, false = _true_positives(partial), _false_positives(partial)
    for row, of_class in enumerate(_by_class(partial)):
        order = of_class[np.argsort(-partial.score[of_class], kind="stable")]
        for size, truths in enumerate(partial.truth_count[row, :sizes]):
            if truths:
                flags = _unpack(true[order], size), _unpack(false[order], size)
                found[row, size] = _interpolated_precision(*flags, int(truths)).mean(axis=0)
    return found


def _interpolated_precision(true: np.ndarray, false: np.ndarray, truths: int) -> np.ndarray:
    """Return the maximum precision at each recall or above, for each threshold, (101, 10).

    Args:
        true: (D, 10) true positives by rank, 0 or 1.
        false: (D, 10) false positives by rank, 0 or 1.
        truths: Number of ground truths.
    """
    true_positives = np.cumsum(true, axis=0)
    precision = true_positives / (np.cumsum(false, axis=0) + true_positives + np.spacing(1))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    best = np.concatenate([best, np.zeros((1, len(THRESHOLDS)))])
    recall = true_positives / truths
    return np.column_stack(
        [best[np.searchsorted(recall[:, t], _RECALLS), t] for t in range(len(THRESHOLDS))]
    )


def _recall(partial: Partial) -> np.ndarray:
    """Return the recall of each class, limit and threshold, (C, 3, 10).

    It is NaN without ground truth.
    """
    found = np.full((len(partial.classes), len(_LIMITS), len(THRESHOLDS)), np.nan)
    true = _true_positives(partial)
    for row, of_class in enumerate(_by_class(partial)):
        truths = partial.truth_count[row, 0]
        for place, limit in enumerate(_LIMITS if truths else ()):
            among = of_class[partial.rank[of_class] < limit]
            found[row, place] = _unpack(true[among], 0).sum(axis=0) / truths
    return found


def _by_class(partial: Partial) -> list[np.ndarray]:
    """Return the rows of the detections of each class."""
    edges = np.cumsum(partial.detection_count)
    return np.split(np.arange(len(partial.score)), edges[:-1])


def _true_positives(partial: Partial) -> np.ndarray:
    return partial.matched.astype(np.int64) & ~partial.ignored.astype(np.int64)


def _false_positives(partial: Partial) -> np.ndarray:
    return ~(partial.matched.astype(np.int64) | partial.ignored.astype(np.int64))


def _pack(flags: np.ndarray) -> np.ndarray:
    """Return (N, 4, 10) bool as (N,) int64 of 40 bits."""
    bits = flags.reshape(len(flags), len(SIZES) * len(THRESHOLDS))
    packed: np.ndarray = bits @ (1 << np.arange(bits.shape[1]))
    return packed


def _unpack(packed: np.ndarray, size: int) -> np.ndarray:
    """Return the bits of one size, (N, 10) 0 or 1."""
    first = size * len(THRESHOLDS)
    return packed[:, None] >> (first + np.arange(len(THRESHOLDS))) & 1
