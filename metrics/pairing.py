"""Truth and prediction of one sequence side by side: what every metric family starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from datasets import rle
from datasets.overlap import box_iou
from datasets.types import Tracks

Similarity = Literal["box", "disjoint masks"]
_BLOCK = 1 << 15  # pairs whose overlap is computed at once: bounds the memory


@dataclass(frozen=True)
class Pairs:
    """Rows of truth and prediction in the same frame that overlap, ordered by frame, then row.

    Args:
        truth: (P,) rows of the truth.
        prediction: (P,) rows of the prediction.
        similarity: (P,) IoU, above 0.
    """

    truth: np.ndarray
    prediction: np.ndarray
    similarity: np.ndarray

    def take(self, which: np.ndarray) -> Pairs:
        """Return the pairs of an index or boolean array."""
        return Pairs(self.truth[which], self.prediction[which], self.similarity[which])


@dataclass(frozen=True)
class Side:
    """The rows of the truth or of the prediction that are scored.

    Args:
        frame: (N,) rising.
        track: (N,) identities, 0 .. track_count - 1.
        track_count: Number of identities.
    """

    frame: np.ndarray
    track: np.ndarray
    track_count: int

    def __len__(self) -> int:
        return len(self.frame)

    def lengths(self) -> np.ndarray:
        """Return the number of rows of each identity, (track_count,)."""
        return np.bincount(self.track, minlength=self.track_count)


@dataclass(frozen=True)
class Pairing:
    """One sequence, ready to be scored."""

    frame_count: int
    truth: Side
    prediction: Side
    pairs: Pairs


def overlapping(truth: Tracks, prediction: Tracks, similarity: Similarity = "box") -> Pairs:
    """Return every pair of rows in the same frame whose IoU is above 0, of boxes or of masks.

    Raises:
        ValueError: Masks are asked for and there are none, or two of one side share a pixel.
    """
    if similarity == "box":
        return _overlapping_boxes(truth, prediction)
    return _overlapping_masks(truth, prediction)


def _overlapping_boxes(truth: Tracks, prediction: Tracks) -> Pairs:
    found = []
    for rows, columns in _candidates(truth, prediction):
        similarity = box_iou(truth.box[rows], prediction.box[columns])
        found.append(Pairs(rows, columns, similarity).take(similarity > 0))
    pairs = _join(found)
    return pairs.take(np.lexsort((pairs.prediction, pairs.truth)))


def _overlapping_masks(truth: Tracks, prediction: Tracks) -> Pairs:
    """Return every pair of rows in the same frame whose masks overlap."""
    for side, tracks in (("truth", truth), ("prediction", prediction)):
        if tracks.rle is None and len(tracks):
            raise ValueError(f"the {side} has no masks, and this protocol scores masks")
        _refuse_overlaps(side, tracks)
    extent, found = truth.extent, []
    for frame in np.intersect1d(truth.frame, prediction.frame):
        rows = np.arange(*np.searchsorted(truth.frame, [frame, frame + 1]))
        columns = np.arange(*np.searchsorted(prediction.frame, [frame, frame + 1]))
        iou = rle.iou(_runs(truth, rows), _runs(prediction, columns), extent.height, extent.width)
        i, j = np.nonzero(iou > 0)
        found.append(Pairs(rows[i], columns[j], iou[i, j]))
    return _join(found)


def _join(found: list[Pairs]) -> Pairs:
    return Pairs(
        np.concatenate([np.zeros(0, np.int64), *(pairs.truth for pairs in found)]),
        np.concatenate([np.zeros(0, np.int64), *(pairs.prediction for pairs in found)]),
        np.concatenate([np.zeros(0), *(pairs.similarity for pairs in found)]),
    )


def _refuse_overlaps(side: str, tracks: Tracks) -> None:
    extent = tracks.extent
    for frame in np.unique(tracks.frame):
        rows = np.arange(*np.searchsorted(tracks.frame, [frame, frame + 1]))
        runs = _runs(tracks, rows)
        shared = np.triu(rle.iou(runs, runs, extent.height, extent.width), 1)
        if shared.any():
            one, other = (int(tracks.track[rows[k]]) for k in np.argwhere(shared > 0)[0])
            raise ValueError(
                f"{side}, frame {frame} (from 0): the masks of {one} and {other} overlap"
            )


def _runs(tracks: Tracks, rows: np.ndarray) -> tuple[bytes, ...]:
    assert tracks.rle is not None
    return tracks.rle[rows[0] : rows[-1] + 1]


def pair(
    truth: Tracks,
    prediction: Tracks,
    pairs: Pairs,
    truth_kept: np.ndarray,
    prediction_kept: np.ndarray,
) -> Pairing:
    """Return the pairing of the rows that a protocol keeps, (N,) and (M,) bool."""
    stays = truth_kept[pairs.truth] & prediction_kept[pairs.prediction]
    new_truth, new_prediction = np.cumsum(truth_kept) - 1, np.cumsum(prediction_kept) - 1
    return Pairing(
        truth.extent.frame_count,
        _side(truth, truth_kept),
        _side(prediction, prediction_kept),
        Pairs(
            new_truth[pairs.truth[stays]],
            new_prediction[pairs.prediction[stays]],
            pairs.similarity[stays],
        ),
    )


def number(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values, rising, and the position of each value among them, (N,)."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, -1)
    if high - low > 8 * len(values):  # too sparse for a table
        return np.unique(values, return_inverse=True)
    there = np.zeros(high - low + 1, bool)
    there[values - low] = True
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[values - low]


def _side(tracks: Tracks, kept: np.ndarray) -> Side:
    """Return the kept rows; ValueError if one of them has no identity."""
    nameless = kept & (tracks.track < 0)
    if nameless.any():
        frame = tracks.frame[np.argmax(nameless)]
        raise ValueError(f"a row of frame {frame} (from 0) has no identity, so it cannot be scored")
    identities, track = number(tracks.track[kept])
    return Side(tracks.frame[kept], track, len(identities))


def _candidates(truth: Tracks, prediction: Tracks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield row numbers of pairs in the same frame, some at a time, with all that meet across.

    Frames are laid side by side on one line, so that the predictions that begin before a truth box
    ends and not much before it begins are a range of the predictions sorted by their left edge.
    """
    if not len(truth) or not len(prediction):
        return
    wide = 2 * max(abs(truth.box).max(), abs(prediction.box).max()) + 1
    slack = wide * (truth.extent.frame_count + 1) * 2.0**-48  # more than rounding can move an edge
    begins = prediction.frame * wide + prediction.box[:, 0]
    order = np.argsort(begins, kind="stable")
    widest = np.zeros(truth.extent.frame_count)
    np.maximum.at(widest, prediction.frame, prediction.box[:, 2] - prediction.box[:, 0])
    near = truth.frame * wide + truth.box[:, 0] - widest[truth.frame] - slack
    first = np.searchsorted(begins[order], near)
    last = np.searchsorted(begins[order], truth.frame * wide + truth.box[:, 2] + slack)
    count = np.maximum(last - first, 0)
    block = np.cumsum(count) // _BLOCK
    for rows in np.split(np.arange(len(count)), np.flatnonzero(np.diff(block)) + 1):
        row = np.repeat(rows, count[rows])
        within = np.arange(len(row)) - np.repeat(np.cumsum(count[rows]) - count[rows], count[rows])
        yield row, order[first[row] + within]
