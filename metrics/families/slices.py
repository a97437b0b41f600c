"""Slices: how much of the truth is matched by its size, visibility, crowding and speed.

Rows are matched as CLEAR matches them, so the slices of a kind add up to CLR_TP + CLR_FN, their
matched rows to CLR_TP and their switches to IDSW. Recall, mean IoU and switches per 1,000 rows are
ratios of what a slice adds up.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.overlap import box_area, box_iou_of_shared, box_shared
from metrics.family import Column
from metrics.matching.clear_matching import match_in_turn
from metrics.pairing import Pairing, Side

_BLOCK = 1 << 15  # pairs of boxes looked at at once: bounds the memory

COLUMNS: tuple[Column, ...] = ()  # slices stand beside the table, not in it


@dataclass(frozen=True)
class Cuts:
    """Where a kind of slice is cut.

    Args:
        limits: Rising; a value on a limit is in the slice above it.
        labels: Of the slices, one more than limits, and then of what has no value, if that can be.
    """

    limits: tuple[float, ...]
    labels: tuple[str, ...]


# Size is cut where COCO cuts it. Speed is cut where a person's box, 0.37 as wide as high in the
# median of MOT17, overlaps with itself a frame before by IoU 0.9, and by 0.57: hardly enough for a
# tracker that looks for it where it was.
KINDS = {
    "size": Cuts((32.0**2, 96.0**2), ("small, < 32² px", "medium", "large, ≥ 96² px")),
    "visibility": Cuts((0.25, 0.5, 0.75), ("< 0.25", "0.25 to 0.5", "0.5 to 0.75", "≥ 0.75")),
    "crowding": Cuts((0.1, 0.3), ("alone, < 0.1", "0.1 to 0.3", "crowded, ≥ 0.3")),
    "speed": Cuts((0.02, 0.1), ("slow, < 0.02", "0.02 to 0.1", "fast, ≥ 0.1", "first row")),
}


@dataclass(frozen=True)
class Partial:
    """What sequences add up.

    Args:
        kinds: Of each kind whose values are known, of each slice in order: its label, truth rows,
            those matched, the sum of their IoU, switches.
    """

    kinds: dict[str, list[list[Any]]]


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    found = match_in_turn(pairing)
    matched, switched = found.pairs.truth, found.pairs.truth[found.switched]
    kinds = {}
    for name, values in _values(pairing).items():
        cuts = KINDS[name]
        place = np.searchsorted(cuts.limits, values, side="right")
        place[np.isnan(values)] = len(cuts.limits) + 1
        columns = (
            cuts.labels,
            _count(place, cuts),
            _count(place[matched], cuts),
            _count(place[matched], cuts, found.pairs.similarity),
            _count(place[switched], cuts),
        )
        kinds[name] = [[*each] for each in zip(*columns, strict=True)]
    return Partial(kinds)


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums, of each kind over the sequences that have it."""
    together = {}
    for kind in KINDS:
        there = [partial.kinds[kind] for partial in partials if kind in partial.kinds]
        if there:
            together[kind] = [_add(same) for same in zip(*there, strict=True)]
    return Partial(together)


def summarize(_: Partial) -> dict[str, float]:
    """Return nothing: there are no columns."""
    return {}


def _values(pairing: Pairing) -> dict[str, np.ndarray]:
    """Return what each truth row is sliced by, (N,), by kind."""
    truth = pairing.truth
    values = {"size": pairing.areas(truth)}
    if truth.tracks.visibility is not None:
        values["visibility"] = truth.tracks.visibility[truth.rows]
    return values | {"crowding": _crowding(truth), "speed": _speed(truth)}


def _crowding(side: Side) -> np.ndarray:
    """Return the largest IoU of each row's box with another one of its frame, (N,).

    Frames are laid side by side on one line, so that the boxes that begin before one ends are those
    that follow it in order of their left edge.
    """
    box, most = side.tracks.box[side.rows], np.zeros(len(side))
    wide = 2 * abs(box).max(initial=0) + 1
    begins = side.frame * wide + box[:, 0]
    order = np.argsort(begins, kind="stable")
    after = np.searchsorted(begins[order], (side.frame * wide + box[:, 2])[order])
    count = np.maximum(after - np.arange(len(side)) - 1, 0)
    area, block = box_area(box), np.cumsum(count) // _BLOCK
    for rows in np.split(np.arange(len(side)), np.flatnonzero(np.diff(block)) + 1):
        first = np.repeat(rows, count[rows])
        nth = np.arange(len(first)) - np.repeat(np.cumsum(count[rows]) - count[rows], count[rows])
        one, other = order[first], order[first + 1 + nth]
        iou = box_iou_of_shared(box_shared(box[one], box[other]), area[one], area[other])
        np.maximum.at(most, one, iou)
        np.maximum.at(most, other, iou)
    return most


def _speed(side: Side) -> np.ndarray:
    """Return how far the centre of each row's box has moved since its track's row before, (N,).

    In heights of the box per frame; NaN in the first row of a track.
    """
    order = np.lexsort((side.frame, side.track))
    box, frame, track = side.tracks.box[side.rows][order], side.frame[order], side.track[order]
    centre, height = (box[:, :2] + box[:, 2:]) / 2, np.maximum(box[:, 3] - box[:, 1], 1)
    again = np.flatnonzero(np.diff(track) == 0) + 1
    moved = np.hypot(*(centre[again] - centre[again - 1]).T)
    speed = np.full(len(side), np.nan)
    speed[order[again]] = moved / height[again] / (frame[again] - frame[again - 1])
    return speed


def _add(same: Many[list[Any]]) -> list[Any]:
    """Return the sums of one slice over sequences."""
    labels, *counts = zip(*same, strict=True)
    return [labels[0], *map(sum, counts)]


def _count(place: np.ndarray, cuts: Cuts, weights: np.ndarray | None = None) -> list[float]:
    counts: list[float] = np.bincount(place, weights, len(cuts.labels)).tolist()
    return counts
