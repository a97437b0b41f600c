"""Slices: matched ground truth by size, visibility, crowding and speed.

The matching is that of CLEAR, so the rows of the slices of a kind sum to CLR_TP + CLR_FN, their
matched rows to CLR_TP and their identity switches to IDSW. Recall, mean IoU and switches per 1,000
rows are ratios of a slice's sums.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.overlap import box_area, box_intersection, box_iou_from_intersection
from metrics.family import Column
from metrics.matching.clear_matching import clear_matches
from metrics.pairing import Pairing, Side

_BLOCK = 1 << 15  # pairs of boxes compared at once, to bound memory

COLUMNS: tuple[Column, ...] = ()  # slices are reported in a table of their own


@dataclass(frozen=True)
class Cuts:
    """Boundaries and labels of the slices of a kind.

    Args:
        limits: Increasing boundaries; a value equal to a boundary is in the slice above it.
        labels: One label per slice, one more than limits, and then one for rows without a value,
            if there can be any.
    """

    limits: tuple[float, ...]
    labels: tuple[str, ...]


# Size limits are COCO's. At the speed limits the box of a person, with the median aspect ratio of
# MOT17 (width 0.37 of the height), overlaps its box in the previous frame by an IoU of 0.9 and of
# 0.57, hardly enough for a tracker without a motion model.
KINDS = {
    "size": Cuts((32.0**2, 96.0**2), ("small, < 32² px", "medium", "large, ≥ 96² px")),
    "visibility": Cuts((0.25, 0.5, 0.75), ("< 0.25", "0.25 to 0.5", "0.5 to 0.75", "≥ 0.75")),
    "crowding": Cuts((0.1, 0.3), ("alone, < 0.1", "0.1 to 0.3", "crowded, ≥ 0.3")),
    "speed": Cuts((0.02, 0.1), ("slow, < 0.02", "0.02 to 0.1", "fast, ≥ 0.1", "first row")),
}


@dataclass(frozen=True)
class Partial:
    """Sums that are added over sequences.

    Args:
        kinds: For each kind whose values are known, one list per slice: its label, ground truth
            rows, matched rows, the sum of their IoU, identity switches.
    """

    kinds: dict[str, list[list[Any]]]


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    found = clear_matches(pairing)
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
    """Return the sums; each kind is summed over the sequences that have it."""
    sums = {}
    for kind in KINDS:
        parts = [partial.kinds[kind] for partial in partials if kind in partial.kinds]
        if parts:
            sums[kind] = [_add(same) for same in zip(*parts, strict=True)]
    return Partial(sums)


def summarize(_: Partial) -> dict[str, float]:
    """Return an empty dictionary: the family has no columns."""
    return {}


def _values(pairing: Pairing) -> dict[str, np.ndarray]:
    """Return the sliced property of each ground truth row, (N,), by kind."""
    truth = pairing.truth
    values = {"size": pairing.areas(truth)}
    if truth.tracks.visibility is not None:
        values["visibility"] = truth.tracks.visibility[truth.rows]
    return values | {"crowding": _crowding(truth), "speed": _speed(truth)}


def _crowding(side: Side) -> np.ndarray:
    """Return the maximum IoU of each row's box with another box of its frame, (N,).

    Frames are placed side by side on one axis. The boxes that may overlap a box horizontally are
    then the next ones in the order of their left edges.
    """
    box, max_iou = side.tracks.box[side.rows], np.zeros(len(side))
    wide = 2 * abs(box).max(initial=0) + 1
    left = side.frame * wide + box[:, 0]
    order = np.argsort(left, kind="stable")
    after = np.searchsorted(left[order], (side.frame * wide + box[:, 2])[order])
    count = np.maximum(after - np.arange(len(side)) - 1, 0)
    area, block = box_area(box), np.cumsum(count) // _BLOCK
    for rows in np.split(np.arange(len(side)), np.flatnonzero(np.diff(block)) + 1):
        first = np.repeat(rows, count[rows])
        nth = np.arange(len(first)) - np.repeat(np.cumsum(count[rows]) - count[rows], count[rows])
        one, other = order[first], order[first + 1 + nth]
        iou = box_iou_from_intersection(
            box_intersection(box[one], box[other]), area[one], area[other]
        )
        np.maximum.at(max_iou, one, iou)
        np.maximum.at(max_iou, other, iou)
    return max_iou


def _speed(side: Side) -> np.ndarray:
    """Return the displacement of each row's box centre since the track's previous row, (N,).

    The unit is box heights per frame; NaN in the first row of a track.
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
