"""Compute average precision: the precision of ranked detections averaged over recall.

Partials concatenate the detections of sequences with their match flags. A total ranks the
detections of all sequences together, class by class, and takes the mean over classes.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/test_average_precision.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column, Summary
from metrics.interpolated_precision import cumulated, mean_precision
from metrics.matching.greedy_matching import (
    MAX_DETECTIONS,
    SIZES,
    THRESHOLDS,
    MatchingInput,
    join,
    match_greedily,
)

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
    """Return the partial of one sequence and class; arguments as for `make_partials`."""
    return make_partials({class_number: detections}, limits, ranked=ranked)[0]


def make_partials(
    inputs: Mapping[int, MatchingInput], limits: tuple[int, int], *, ranked: bool = False
) -> list[Partial]:
    """Return the partial of each class of one sequence; all classes are matched at once.

    Args:
        inputs: Detections and ground truths by class number.
        limits: As for `match_greedily`.
        ranked: Whether the units of the detections are those of all sequences.
    """
    detections = join([*inputs.values()])
    matches = match_greedily(detections, limits)
    owner = np.repeat(np.arange(len(inputs)), [len(each.score) for each in inputs.values()])
    count = np.bincount(owner[matches.detection], minlength=len(inputs))
    edges, truth_edges = np.cumsum(count), np.cumsum([len(each.crowd) for each in inputs.values()])
    unit = np.concatenate([each.unit for each in inputs.values()])
    score = np.split(detections.score[matches.detection], edges[:-1])
    rank = np.split(matches.rank, edges[:-1])
    matched = np.split(_pack(matches.matched), edges[:-1])
    ignored = np.split(_pack(matches.ignored), edges[:-1])
    units = np.split(unit[matches.detection], edges[:-1])
    counted = np.split(matches.counted, truth_edges[:-1])
    return [
        Partial(
            score[place],
            rank[place],
            matched[place],
            ignored[place],
            np.array([number]),
            count[place : place + 1],
            counted[place].sum(axis=0)[None],
            units[place] if ranked else None,
        )
        for place, number in enumerate(inputs)
    ]


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
    found = _by_column(_precision(partial), _recall(partial))
    return {prefix + name: _mean(each) for name, each in found.items()}


def summarize_classes(partials: Many[Partial], prefix: str) -> list[Summary]:
    """Return what `summarize` and `at_thresholds` return for each of several classes."""
    partial = combine(partials)
    precision = _precision(partial)
    found = _by_column(precision, _recall(partial))
    count = len(partials)
    means = [np.ascontiguousarray(each).reshape(count, -1).mean(axis=1) for each in found.values()]
    names = [prefix + name for name in found]
    values = [dict(zip(names, each, strict=True)) for each in np.transpose(means).tolist()]
    curves = [{} if np.isnan(each[0]) else {f"{prefix}AP": each} for each in precision[:, 0]]
    return list(zip(values, curves, strict=True))


def _by_column(precision: np.ndarray, recall: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each column is the mean of, by class, (C,) or (C, 10), NaN where undefined.

    Args:
        precision: (C, 4, 10) by class, size and threshold.
        recall: (C, 3, 10) by class, limit and threshold.
    """
    found = {"AP": precision[:, 0]}
    found |= {name: precision[:, 0, at] for name, at in _AT.items()}
    found |= {f"AP_{size}": precision[:, s] for s, size in enumerate(SIZES) if s}
    return found | {f"AR{limit}": recall[:, place] for place, limit in enumerate(_LIMITS)}


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
    precision = mean_precision(*flags, _edges(partial), truths)
    return np.where(truths, precision, np.nan).transpose(2, 0, 1)


def _recall(partial: Partial) -> np.ndarray:
    """Return the recall of each class, limit and threshold, (C, 3, 10).

    It is NaN without ground truth.
    """
    truths, edges = partial.truth_count[:, :1, None], _edges(partial)
    true = _unpack(_true_positives(partial), 1)
    until = [cumulated(true & (partial.rank < limit)) for limit in _LIMITS]
    count = np.diff(np.stack(until)[:, :, edges]).transpose(2, 0, 1)
    return np.where(truths, count / np.maximum(truths, 1), np.nan)


def _edges(partial: Partial) -> np.ndarray:
    """Return the first detection of each class, and the end, (C + 1,)."""
    return np.cumsum([0, *partial.detection_count])


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
