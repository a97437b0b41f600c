"""VACE: tracking accuracy (ATA) and frame detection accuracy (SFDA).

Source: Manohar et al., Performance evaluation of object detection and tracking in video, ACCV 2006;
Kasturi et al., PAMI 2009; the relaxed form at IoU 0.5, equal to TrackEval 1.3.0
(tests/parity/test_parity.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from datasets.assignment import linear_sum_assignment
from metrics.family import Column
from metrics.matching.hungarian import match_frames
from metrics.pairing import Pairing, Side

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_THRESHOLD = 0.5
_MAX_DENSE = 10_000_000  # tracks times frames; below it SciPy's import costs more than it saves
_averaged = partial(Column, over_classes="mean")  # TrackEval averages counts over classes as well

COLUMNS = (
    Column("SFDA", "ratio", "up", "Frame detection accuracy, mean over non-empty frames"),
    Column("ATA", "ratio", "up", "Temporal overlap of tracks mapped one to one"),
    Column(
        "STDA",
        "count",
        "up",
        "Sum of the temporal overlap of tracks mapped one to one",
        over_classes="mean",
    ),
    Column(
        "FDA", "count", "up", "Sum over frames of the frame detection accuracy", over_classes="mean"
    ),
    _averaged("VACE_IDs", "count", None, "Predicted tracks"),
    _averaged("VACE_GT_IDs", "count", None, "Ground truth tracks"),
    Column("num_non_empty_timesteps", "count", None, "Non-empty frames", over_classes="mean"),
)


@dataclass(frozen=True)
class Partial:
    """Sums that are added over sequences."""

    tracking: float
    detection: float
    predicted_tracks: int
    truth_tracks: int
    frames: int


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    matched = match_frames(pairing, pairs.similarity)
    here = truth.frame[pairs.truth[matched]]
    overlap = np.bincount(here, pairs.similarity[matched], pairing.frame_count)
    rows = _rows_per_frame(truth, pairing) + _rows_per_frame(prediction, pairing)
    return Partial(
        _tracking(pairing),
        float((overlap / np.maximum(rows / 2, 1 / 2)).sum()),
        prediction.track_count,
        truth.track_count,
        int((rows > 0).sum()),
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums."""
    names = Partial.__dataclass_fields__
    return Partial(**{name: sum(getattr(p, name) for p in partials) for name in names})


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column; NaN without any non-empty frame, so that no mean includes it."""
    if not partial.frames:
        return dict.fromkeys((column.name for column in COLUMNS), float("nan"))
    tracks = (partial.predicted_tracks + partial.truth_tracks) / 2
    return {
        "SFDA": partial.detection / partial.frames,
        "ATA": partial.tracking / tracks,
        "STDA": partial.tracking,
        "FDA": partial.detection,
        "VACE_IDs": partial.predicted_tracks,
        "VACE_GT_IDs": partial.truth_tracks,
        "num_non_empty_timesteps": partial.frames,
    }


def _rows_per_frame(side: Side, pairing: Pairing) -> np.ndarray:
    return np.bincount(side.frame, minlength=pairing.frame_count)


def _tracking(pairing: Pairing) -> float:
    """Return the maximum sum of temporal overlap over one-to-one mappings of tracks."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    close = pairs.take(pairs.similarity >= _THRESHOLD)
    together = np.zeros((truth.track_count, prediction.track_count))
    np.add.at(together, (truth.track[close.truth], prediction.track[close.prediction]), 1)
    either = truth.lengths()[:, None] + prediction.lengths() - _frames_shared(pairing)
    share = together / np.maximum(either, 1)
    return float(share[linear_sum_assignment(share, maximize=True)].sum())


def _frames_shared(pairing: Pairing) -> np.ndarray:
    """Return the number of frames with both tracks, (ground truth, predicted) int64."""
    truth, prediction = pairing.truth, pairing.prediction
    if (truth.track_count + prediction.track_count) * pairing.frame_count <= _MAX_DENSE:
        both = _presence(truth, pairing) @ _presence(prediction, pairing).T
        return both.astype(np.int64)
    return (_sparse_presence(truth, pairing) @ _sparse_presence(prediction, pairing).T).toarray()


def _presence(side: Side, pairing: Pairing) -> np.ndarray:
    """Return whether each track is present in each frame, (track_count, frame_count) 0 or 1.

    float32, which BLAS multiplies, is exact for sums of up to 2**24 frames.
    """
    found = np.zeros((side.track_count, pairing.frame_count), np.float32)
    found[side.track, side.frame] = 1
    return found


def _sparse_presence(side: Side, pairing: Pairing) -> csr_array:
    """Return the same as a sparse matrix, for many tracks in many frames."""
    from scipy.sparse import csr_array

    ones = np.ones(len(side), np.int64)
    return csr_array((ones, (side.track, side.frame)), (side.track_count, pairing.frame_count))
