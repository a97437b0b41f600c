"""Average precision: how much of what is found is right, over how much of the truth is found.

Sequences add up detections and what each of them takes, so that a total ranks those of all
sequences together, class by class, and then takes the mean over classes.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/test_average_precision.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching.greedy_matching import MOST, SIZES, THRESHOLDS, Scene, judge

_RECALLS = np.linspace(0, 1, 101)
_LIMITS = (1, 10, MOST)  # detections of a unit that recall is taken of
_OF_DETECTIONS = ("score", "rank", "matched", "ignored")
_AT = {"AP50": 0, "AP75": 5}  # place of the threshold


@dataclass(frozen=True)
class Partial:
    """What sequences add up: detections by class, within a class by unit, then rank.

    In `matched` and `ignored`, bit 10 s + t is of size s and threshold t.

    Args:
        score: (D,)
        rank: (D,) in its unit, from 0.
        matched: (D,) whether the detection takes a truth.
        ignored: (D,) whether it is neither right nor wrong.
        classes: (C,) rising: the place of each among those that the protocol scores.
        detection_count: (C,) detections of each class.
        truth_count: (C, 4) truths of each class and size that are to be found.
    """

    score: np.ndarray
    rank: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    classes: np.ndarray
    detection_count: np.ndarray
    truth_count: np.ndarray


def make_partial(scene: Scene, sides: tuple[int, int], class_number: int) -> Partial:
    """Return the partial of one sequence and class; `sides` as for `judge`."""
    verdict = judge(scene, sides)
    return Partial(
        scene.score[verdict.detection],
        verdict.rank,
        _pack(verdict.matched),
        _pack(verdict.ignored),
        np.array([class_number]),
        np.array([len(verdict.rank)]),
        verdict.truth_count[None],
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return all detections and truths; equal scores stay in the order of the sequences."""
    joined = {
        name: np.concatenate([np.asarray(getattr(each, name)) for each in partials])
        for name in Partial.__dataclass_fields__
    }
    classes, which = np.unique(joined["classes"], return_inverse=True)
    order = np.argsort(np.repeat(which, joined["detection_count"]), kind="stable")
    total = {name: joined[name][order] for name in _OF_DETECTIONS}
    for name in ("detection_count", "truth_count"):
        total[name] = np.zeros((len(classes), *joined[name].shape[1:]), np.int64)
        np.add.at(total[name], which, joined[name])
    return Partial(**total, classes=classes)


def columns(prefix: str, of: str, unit: str, sides: tuple[int, int]) -> tuple[Column, ...]:
    """Return the columns that `summarize` fills.

    Args:
        prefix: Of each name.
        of: What the detections are, in words.
        unit: What they are ranked in, in a word.
        sides: As for `judge`.
    """
    small, large = (f"{side} x {side} pixels" for side in sides)
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
    meanings |= {f"AR{limit}": f"{recall}; at most {limit} a {unit}" for limit in _LIMITS}
    return tuple(Column(prefix + name, "ratio", "up", text) for name, text in meanings.items())


def summarize(partial: Partial, prefix: str) -> dict[str, float]:
    """Return every one of `columns`: the mean over the classes that have such truth."""
    precision, recall = _precision(partial), _recall(partial)
    found = {"AP": precision[:, 0]}
    found |= {name: precision[:, 0, at] for name, at in _AT.items()}
    found |= {f"AP_{size}": precision[:, s] for s, size in enumerate(SIZES) if s}
    found |= {f"AR{limit}": recall[:, place] for place, limit in enumerate(_LIMITS)}
    return {prefix + name: _mean(each) for name, each in found.items()}


def at_thresholds(partial: Partial, prefix: str) -> dict[str, np.ndarray]:
    """Return AP at each threshold, (10,); nothing where there is no truth."""
    precision = _precision(partial, 1)[:, 0]
    there = ~np.isnan(precision[:, 0])
    return {f"{prefix}AP": precision[there].mean(axis=0)} if there.any() else {}


def _mean(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def _precision(partial: Partial, sizes: int = len(SIZES)) -> np.ndarray:
    """Return the precision of each class, size and threshold, (C, sizes, 10), NaN without truth."""
    found = np.full((len(partial.classes), sizes, len(THRESHOLDS)), np.nan)
    right, wrong = _right(partial), _wrong(partial)
    for row, mine in enumerate(_by_class(partial)):
        order = mine[np.argsort(-partial.score[mine], kind="stable")]
        for size, truths in enumerate(partial.truth_count[row, :sizes]):
            if truths:
                hits, errors = _unpack(right[order], size), _unpack(wrong[order], size)
                found[row, size] = _at_recalls(hits, errors, int(truths)).mean(axis=0)
    return found


def _at_recalls(right: np.ndarray, wrong: np.ndarray, truths: int) -> np.ndarray:
    """Return the best precision from each recall on, at each threshold, (101, 10)."""
    hits = np.cumsum(right, axis=0)
    precision = hits / (np.cumsum(wrong, axis=0) + hits + np.spacing(1))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    best = np.concatenate([best, np.zeros((1, len(THRESHOLDS)))])
    recall = hits / truths
    return np.column_stack(
        [best[np.searchsorted(recall[:, t], _RECALLS), t] for t in range(len(THRESHOLDS))]
    )


def _recall(partial: Partial) -> np.ndarray:
    """Return the recall of each class, limit and threshold, (C, 3, 10), NaN without truth."""
    found = np.full((len(partial.classes), len(_LIMITS), len(THRESHOLDS)), np.nan)
    right = _right(partial)
    for row, mine in enumerate(_by_class(partial)):
        truths = partial.truth_count[row, 0]
        for place, limit in enumerate(_LIMITS if truths else ()):
            among = mine[partial.rank[mine] < limit]
            found[row, place] = _unpack(right[among], 0).sum(axis=0) / truths
    return found


def _by_class(partial: Partial) -> list[np.ndarray]:
    """Return the rows of the detections of each class."""
    edges = np.cumsum(partial.detection_count)
    return np.split(np.arange(len(partial.score)), edges[:-1])


def _right(partial: Partial) -> np.ndarray:
    return partial.matched.astype(np.int64) & ~partial.ignored.astype(np.int64)


def _wrong(partial: Partial) -> np.ndarray:
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
