"""Compute J and F of tracks over time, and their summary: shared by the J&F families.

Source: Perazzi et al., CVPR 2016; Pont-Tuset et al., The 2017 DAVIS challenge, arXiv 1704.00675;
davis2017-evaluation, davis2017/utils.py. The bins of the decay follow it except for its cast of
frame numbers to 8 bits, which TrackEval 1.3.0 shares and which shifts the bins in videos of more
than 255 frames.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, fields

import numpy as np

from metrics.boundaries import boundary_table
from metrics.family import Column
from metrics.pairing import Pairing, Side, masks_of

_BINS = 4  # of the decay, which compares the first with the last

COLUMNS = (
    Column("J&F", "ratio", "up", "Mean of J-Mean and F-Mean"),
    Column("J-Mean", "ratio", "up", "Mask IoU, mean over the frames of each object"),
    Column("J-Recall", "ratio", "up", "Share of frames with J above 0.5"),
    Column("J-Decay", "ratio", "down", "J in the first quarter of frames minus J in the last"),
    Column("F-Mean", "ratio", "up", "Boundary F, mean over the frames of each object"),
    Column("F-Recall", "ratio", "up", "Share of frames with F above 0.5"),
    Column("F-Decay", "ratio", "down", "F in the first quarter of frames minus F in the last"),
)


@dataclass(frozen=True)
class Partial:
    """Values that are concatenated over sequences; every array is (N,), one value per object."""

    region_mean: np.ndarray
    region_recall: np.ndarray
    region_decay: np.ndarray
    boundary_mean: np.ndarray
    boundary_recall: np.ndarray
    boundary_decay: np.ndarray


def combine(partials: Many[Partial]) -> Partial:
    """Return the objects of all sequences; every object has the same weight."""
    return Partial(
        *(np.concatenate([getattr(p, field.name) for p in partials]) for field in fields(Partial))
    )


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column, the mean over objects; NaN without objects."""
    mean = {field.name: _mean(getattr(partial, field.name)) for field in fields(Partial)}
    return {
        "J&F": (mean["region_mean"] + mean["boundary_mean"]) / 2,
        "J-Mean": mean["region_mean"],
        "J-Recall": mean["region_recall"],
        "J-Decay": mean["region_decay"],
        "F-Mean": mean["boundary_mean"],
        "F-Recall": mean["boundary_recall"],
        "F-Decay": mean["boundary_decay"],
    }


@dataclass(frozen=True)
class Rows:
    """Row of each track in each frame, -1 where the track is absent.

    The last row of each table, index -1, is a track that is absent in every frame.

    Args:
        truth: (ground truth tracks + 1, T).
        prediction: (predicted tracks + 1, T).
    """

    truth: np.ndarray
    prediction: np.ndarray

    @classmethod
    def of(cls, pairing: Pairing, frames: range) -> Rows:
        """Return the tables for a range of frames; ValueError if the protocol compares boxes."""
        if pairing.similarity == "box":
            raise ValueError("the protocol compares boxes, J and F expect masks")
        return cls(_rows(pairing.truth, frames), _rows(pairing.prediction, frames))

    def pairs(self, truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Return the rows of P ground truth tracks and P predicted tracks, (2, P, T)."""
        return np.stack([self.truth[truth], self.prediction[prediction]])


def davis_objects(pairing: Pairing) -> np.ndarray:
    """Return the ground truth track of each object that DAVIS scores, -1 for an absent one, (N,).

    The objects are 1 to the largest identity in the first frame, in which all are annotated.
    """
    truth = pairing.truth
    last = int(truth.identities[truth.track[truth.frame == 0]].max(initial=0))
    objects = np.full(max(last, 0), -1)
    named = (truth.identities >= 1) & (truth.identities <= last)
    objects[truth.identities[named] - 1] = np.flatnonzero(named)
    return objects


def jaccard(pairing: Pairing, rows: np.ndarray) -> np.ndarray:
    """Return the IoU of pairs of masks, 1 where both are empty, shape (P, T).

    Args:
        rows: (2, P, T) rows of ground truth and prediction, -1 for an empty mask.
    """
    sides, pairs = (pairing.truth, pairing.prediction), pairing.pairs
    empty = [np.append(pairing.areas(s), 0)[r] == 0 for s, r in zip(sides, rows, strict=True)]
    key = pairs.truth * len(pairing.prediction) + pairs.prediction
    wanted = rows[0] * len(pairing.prediction) + rows[1]
    place = np.searchsorted(key, wanted)
    overlap = (np.append(key, -1)[place] == wanted) * np.append(pairs.similarity, 0)[place]
    return np.where(empty[0] | empty[1], empty[0] & empty[1], overlap)


def boundary(pairing: Pairing, rows: np.ndarray) -> np.ndarray:
    """Return boundary F of pairs of masks; arguments and shape as for `jaccard`."""
    one, other = pairing.truth, pairing.prediction
    return boundary_table(
        masks_of(one.tracks, "truth"),
        masks_of(other.tracks, "prediction"),
        np.stack([np.append(one.rows, -1)[rows[0]], np.append(other.rows, -1)[rows[1]]]),
    )


def make_partial(region: np.ndarray, boundary: np.ndarray, threshold: float) -> Partial:
    """Return the partial of the ground truth objects of a sequence.

    Args:
        region: (N, T) J.
        boundary: (N, T) F.
        threshold: Values above it count towards recall.
    """
    if not len(region):
        return Partial(*np.zeros((len(fields(Partial)), 0)))
    return Partial(
        region.mean(axis=1),
        (region > threshold).mean(axis=1),
        _decay(region),
        boundary.mean(axis=1),
        (boundary > threshold).mean(axis=1),
        _decay(boundary),
    )


def _decay(values: np.ndarray) -> np.ndarray:
    """Return the mean of the first quarter minus that of the last, (N,); quarters share a frame."""
    count = values.shape[1]
    ends = (np.round(np.linspace(1, count, _BINS + 1) + 1e-10) - 1).astype(np.int64)
    first, last = values[:, : ends[1] + 1], values[:, ends[-2] : ends[-1] + 1]
    return first.mean(axis=1) - last.mean(axis=1)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _rows(side: Side, frames: range) -> np.ndarray:
    rows = np.full((side.track_count + 1, len(frames)), -1)
    here = np.flatnonzero((side.frame >= frames.start) & (side.frame < frames.stop))
    rows[side.track[here], side.frame[here] - frames.start] = here
    return rows
