"""Truth and prediction of one sequence side by side: what every metric family starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Tracks

_BLOCK = 1 << 18  # pairs whose overlap is computed at once: bounds the memory


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


def overlapping(truth: Tracks, prediction: Tracks) -> Pairs:
    """Return every pair of rows in the same frame whose IoU is above 0."""
    found = []
    for left, right in _blocks(truth, prediction):
        similarity = box_iou(truth.box[left], prediction.box[right])
        found.append(Pairs(left, right, similarity).take(similarity > 0))
    return Pairs(
        np.concatenate([np.zeros(0, np.int64), *(pairs.truth for pairs in found)]),
        np.concatenate([np.zeros(0, np.int64), *(pairs.prediction for pairs in found)]),
        np.concatenate([np.zeros(0), *(pairs.similarity for pairs in found)]),
    )


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


def _side(tracks: Tracks, kept: np.ndarray) -> Side:
    identities, track = np.unique(tracks.track[kept], return_inverse=True)
    return Side(tracks.frame[kept], track, len(identities))


def _blocks(truth: Tracks, prediction: Tracks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield row numbers of all pairs in the same frame, some frames at a time."""
    frames = np.arange(truth.extent.frame_count + 1)
    first, other = (np.searchsorted(each.frame, frames) for each in (truth, prediction))
    rows, columns = np.diff(first), np.diff(other)
    block = np.cumsum(rows * columns) // _BLOCK
    for start, stop in zip(*_runs(block), strict=True):
        count = (rows * columns)[start:stop]
        frame = np.repeat(frames[start:stop], count)
        within = np.arange(len(frame)) - np.repeat(np.cumsum(count) - count, count)
        yield first[frame] + within // columns[frame], other[frame] + within % columns[frame]


def _runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where runs of equal values start and stop."""
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    return starts, np.append(starts[1:], len(values))
