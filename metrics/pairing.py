"""Pair ground truth and prediction of one sequence: the input of every metric family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from datasets.masks.mask_set import Masks
from datasets.overlap import (
    Overlaps,
    SharedPixelError,
    box_area,
    box_intersection,
    box_iou_from_intersection,
    shared_by_any,
    shared_by_disjoint,
)
from datasets.types import AbsentTracks, Tracks

Similarity = Literal["box", "masks", "disjoint masks"]
_NAMES = {"truth": "ground truth", "prediction": "prediction"}  # of the sides, in messages
NO_ABSENT = AbsentTracks(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
_BLOCK = 1 << 15  # pairs whose overlap is computed at once, to bound memory


@dataclass(frozen=True)
class Pairs:
    """Overlapping rows of ground truth and prediction in the same frame, sorted by row numbers.

    Args:
        truth: (P,) rows of the ground truth.
        prediction: (P,) rows of the prediction.
        similarity: (P,) IoU, above 0.
        shared: (P,) area of the intersection, in pixels.
    """

    truth: np.ndarray
    prediction: np.ndarray
    similarity: np.ndarray
    shared: np.ndarray

    def take(self, which: np.ndarray) -> Pairs:
        """Return the pairs selected by an index or boolean array."""
        return Pairs(
            self.truth[which], self.prediction[which], self.similarity[which], self.shared[which]
        )


@dataclass(frozen=True)
class Side:
    """The scored rows of the ground truth or of the prediction.

    Args:
        tracks: All rows of this side.
        rows: (N,) indices of the scored rows in `tracks`, increasing.
    """

    tracks: Tracks
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def frame(self) -> np.ndarray:
        """Frame of each row, (N,) non-decreasing."""
        return self.tracks.frame[self.rows]

    @cached_property
    def _numbered(self) -> tuple[np.ndarray, np.ndarray]:
        return unique_inverse(self.tracks.track[self.rows])

    @property
    def identities(self) -> np.ndarray:
        """Track ids in `tracks`, (track_count,) increasing."""
        return self._numbered[0]

    @property
    def track(self) -> np.ndarray:
        """Track number of each row, (N,), 0 .. track_count - 1."""
        return self._numbered[1]

    @property
    def track_count(self) -> int:
        """Number of tracks."""
        return len(self.identities)

    def lengths(self) -> np.ndarray:
        """Return the number of rows of each track, (track_count,)."""
        return np.bincount(self.track, minlength=self.track_count)


@dataclass(frozen=True, eq=False)
class Pairing:
    """Input of the metric families: one class of one sequence.

    Args:
        similarity: What the overlap of the pairs is computed from.
        class_number: Index of the class among those that the protocol scores.
        absent: Tracks of the class that are in no frame, of ground truth and prediction.
    """

    frame_count: int
    truth: Side
    prediction: Side
    pairs: Pairs
    similarity: Similarity
    class_number: int = 0
    absent: tuple[AbsentTracks, AbsentTracks] = (NO_ABSENT, NO_ABSENT)

    def areas(self, side: Side) -> np.ndarray:
        """Return the area of each row of a side, (N,), of its boxes or its masks."""
        return tracks_areas(side.tracks, self.similarity, side.rows)


def overlapping(truth: Tracks, prediction: Tracks, similarity: Similarity = "box") -> Pairs:
    """Return every pair of rows in the same frame whose box or mask IoU is above 0.

    Raises:
        ValueError: Masks are required and missing, or masks that must be disjoint share a pixel.
    """
    if similarity == "box":
        return _overlapping_boxes(truth, prediction)
    one, other = masks_of(truth, "truth"), masks_of(prediction, "prediction")
    if similarity == "disjoint masks":
        found = _shared_by_disjoint(truth, one, prediction, other)
    else:
        found = shared_by_any(one, truth.frame, other, prediction.frame)
    union = one.areas[found.first] + other.areas[found.second] - found.shared
    return Pairs(found.first, found.second, found.shared / union, found.shared)


def masks_of(tracks: Tracks, side: str) -> Masks:
    """Return the masks of one side; ValueError if it has rows without masks."""
    if tracks.rle is not None:
        return tracks.rle
    if len(tracks):
        raise ValueError(f"the {_NAMES[side]} has no masks: this protocol scores masks")
    return Masks((), tracks.extent.height, tracks.extent.width)


def tracks_areas(
    tracks: Tracks, similarity: Similarity, rows: np.ndarray | slice = slice(None)
) -> np.ndarray:
    """Return the area of the box or mask of each of the rows, (N,) float64."""
    if similarity == "box" or tracks.rle is None:
        return box_area(tracks.box[rows])
    return tracks.rle.areas[rows].astype(np.float64)


def _overlapping_boxes(truth: Tracks, prediction: Tracks) -> Pairs:
    one, other = box_area(truth.box), box_area(prediction.box)
    found = []
    for rows, columns in _candidates(truth, prediction):
        shared = box_intersection(truth.box[rows], prediction.box[columns])
        similarity = box_iou_from_intersection(shared, one[rows], other[columns])
        found.append(Pairs(rows, columns, similarity, shared).take(similarity > 0))
    return Pairs(
        np.concatenate([np.zeros(0, np.int64), *(pairs.truth for pairs in found)]),
        np.concatenate([np.zeros(0, np.int64), *(pairs.prediction for pairs in found)]),
        np.concatenate([np.zeros(0), *(pairs.similarity for pairs in found)]),
        np.concatenate([np.zeros(0), *(pairs.shared for pairs in found)]),
    )


def _shared_by_disjoint(truth: Tracks, one: Masks, prediction: Tracks, other: Masks) -> Overlaps:
    """Return the mask intersections; ValueError names two masks of one side that share a pixel."""
    try:
        return shared_by_disjoint(one, truth.frame, other, prediction.frame)
    except SharedPixelError as error:
        side, tracks = ("prediction", prediction) if error.second else ("truth", truth)
        names = [int(tracks.track[row]) for row in error.masks]
        where = f"{_NAMES[side]}, frame {tracks.frame[error.masks[0]]} (from 0)"
        both = f"the masks of tracks {names[0]} and {names[1]}"
        raise ValueError(f"{where}: {both} overlap, expected disjoint masks") from error


def pair(
    truth: Tracks,
    prediction: Tracks,
    pairs: Pairs,
    kept: tuple[np.ndarray, np.ndarray],
    similarity: Similarity = "box",
) -> Pairing:
    """Return the pairing of the rows that a protocol keeps.

    Args:
        kept: Which rows are kept on each side, (N,) and (M,) bool.
    """
    truth_kept, prediction_kept = kept
    left = pairs.take(truth_kept[pairs.truth] & prediction_kept[pairs.prediction])
    new_truth, new_prediction = np.cumsum(truth_kept) - 1, np.cumsum(prediction_kept) - 1
    return Pairing(
        truth.extent.frame_count,
        Side(truth, np.flatnonzero(truth_kept)),
        Side(prediction, np.flatnonzero(prediction_kept)),
        Pairs(new_truth[left.truth], new_prediction[left.prediction], left.similarity, left.shared),
        similarity,
    )


def unique_inverse(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unique values, increasing, and the index of each value among them, (N,)."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, -1)
    if high - low > 8 * len(values):  # too sparse for a table
        return np.unique(values, return_inverse=True)
    present = np.zeros(high - low + 1, bool)
    present[values - low] = True
    return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[values - low]


def _candidates(truth: Tracks, prediction: Tracks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of row pairs in the same frame, including all that overlap, in order.

    Frames are placed side by side on one axis. The predictions that may overlap a ground truth box
    horizontally are then a contiguous range of the predictions sorted by their left edge. Those
    that do not overlap vertically are left out.
    """
    if not len(truth) or not len(prediction):
        return
    wide = 2 * max(abs(truth.box).max(), abs(prediction.box).max()) + 1
    slack = wide * (truth.extent.frame_count + 1) * 2.0**-48  # exceeds the rounding of an edge
    left = prediction.frame * wide + prediction.box[:, 0]
    order = np.argsort(left, kind="stable")
    widest = np.zeros(truth.extent.frame_count)
    np.maximum.at(widest, prediction.frame, prediction.box[:, 2] - prediction.box[:, 0])
    near = truth.frame * wide + truth.box[:, 0] - widest[truth.frame] - slack
    first = np.searchsorted(left[order], near)
    last = np.searchsorted(left[order], truth.frame * wide + truth.box[:, 2] + slack)
    count = np.maximum(last - first, 0)
    block = np.cumsum(count) // _BLOCK
    for rows in np.split(np.arange(len(count)), np.flatnonzero(np.diff(block)) + 1):
        row = np.repeat(rows, count[rows])
        begin = first[rows] - (np.cumsum(count[rows]) - count[rows])
        column = order[np.repeat(begin, count[rows]) + np.arange(len(row))]
        top = np.maximum(truth.box[row, 1], prediction.box[column, 1])
        tall = np.minimum(truth.box[row, 3], prediction.box[column, 3]) > top
        row = row[tall]
        before = row * len(prediction)
        yield row, np.sort(before + column[tall]) - before
