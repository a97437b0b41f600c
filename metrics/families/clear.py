"""CLEAR MOT: MOTA, MOTP, identity switches, fragmentations, mostly tracked and mostly lost.

Source: Bernardin and Stiefelhagen, 2008; equal to TrackEval 1.3.0 (tests/parity/test_parity.py).
For masks they are MOTSA, MOTSP and sMOTSA of Voigtlaender et al., MOTS, CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching.clear_matching import clear_matches
from metrics.pairing import Pairing

_MOSTLY, _PARTLY = 0.8, 0.2  # share of the frames of a ground truth track

COLUMNS = (
    Column("MOTA", "ratio", "up", "1 - (FN + FP + identity switches) / ground truth", "MOTSA"),
    Column("MOTP", "ratio", "up", "Mean IoU of matches", "MOTSP"),
    Column("MODA", "ratio", "up", "MOTA without identity switches", "MODSA"),
    Column("CLR_Re", "ratio", "up", "Recall: matched share of the ground truth"),
    Column("CLR_Pr", "ratio", "up", "Precision: matched share of the predictions"),
    Column("MTR", "ratio", "up", "Ground truth tracks matched in more than 80 % of their frames"),
    Column("PTR", "ratio", None, "Ground truth tracks matched in 20 % to 80 % of their frames"),
    Column("MLR", "ratio", "down", "Ground truth tracks matched in less than 20 % of their frames"),
    Column("sMOTA", "ratio", "up", "MOTA with matches weighted by IoU", "sMOTSA"),
    Column("CLR_F1", "ratio", "up", "F1 score of detection"),
    Column("FP_per_frame", "count", "down", "False positives per frame", over_classes="mean"),
    Column("MOTAL", "ratio", "up", "MOTA with the logarithm of the identity switches"),
    Column("MOTP_sum", "count", None, "Sum of the IoU of matches", over_classes="mean"),
    Column("CLR_TP", "count", "up", "True positives"),
    Column("CLR_FN", "count", "down", "False negatives"),
    Column("CLR_FP", "count", "down", "False positives"),
    Column("IDSW", "count", "down", "Identity switches"),
    Column("MT", "count", "up", "Mostly tracked ground truth tracks"),
    Column("PT", "count", None, "Partly tracked ground truth tracks"),
    Column("ML", "count", "down", "Mostly lost ground truth tracks"),
    Column("Frag", "count", "down", "Fragmentations: times a track is matched again after a gap"),
    Column("CLR_Frames", "count", None, "Scored frames"),
)


@dataclass(frozen=True)
class Partial:
    """Counts and sums that are added over sequences.

    Args:
        true_positives: Matches.
        false_negatives: Ground truth rows without a match.
        false_positives: Predicted rows without a match.
        switches: Identity switches.
        fragments: Fragmentations.
        similarity: Sum of the IoU of matches.
        empty: Whether this is one sequence with an empty ground truth or prediction: TrackEval
            then reports ratios of 0 and MLR of 1, and counts no frames.
    """

    true_positives: int
    false_negatives: int
    false_positives: int
    switches: int
    mostly_tracked: int
    partly_tracked: int
    mostly_lost: int
    fragments: int
    frames: int
    similarity: float
    empty: bool = False


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    truth, prediction = pairing.truth, pairing.prediction
    if not len(truth) or not len(prediction):
        lost = truth.track_count if not len(prediction) else 0
        return Partial(0, len(truth), len(prediction), 0, 0, 0, lost, 0, 0, 0.0, empty=True)
    found = clear_matches(pairing)
    ratio = np.bincount(found.truth, minlength=truth.track_count) / truth.lengths()
    tracked, partly = int((ratio > _MOSTLY).sum()), int((ratio >= _PARTLY).sum())
    return Partial(
        len(found.truth),
        len(truth) - len(found.truth),
        len(prediction) - len(found.truth),
        int(found.switched.sum()),
        tracked,
        partly - tracked,
        truth.track_count - partly,
        int(found.resumed.sum()),
        pairing.frame_count,
        float(found.pairs.similarity.sum()),
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums; a total is never `empty`, as in TrackEval."""
    names = [name for name in Partial.__dataclass_fields__ if name != "empty"]
    return Partial(**{name: sum(getattr(p, name) for p in partials) for name in names})


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column."""
    counts = _counts(partial)
    if partial.empty:
        return {column.name: 0.0 for column in COLUMNS} | counts | {"MLR": 1.0}
    true_positives = partial.true_positives
    false_negatives, false_positives = partial.false_negatives, partial.false_positives
    switches, truth = partial.switches, max(1, true_positives + false_negatives)
    tracks = max(1, partial.mostly_tracked + partial.partly_tracked + partial.mostly_lost)
    logged = np.log10(switches) if switches > 0 else 0
    return counts | {
        "MOTA": (true_positives - false_positives - switches) / truth,
        "MOTP": partial.similarity / max(1, true_positives),
        "MODA": (true_positives - false_positives) / truth,
        "CLR_Re": true_positives / truth,
        "CLR_Pr": true_positives / max(1, true_positives + false_positives),
        "MTR": partial.mostly_tracked / tracks,
        "PTR": partial.partly_tracked / tracks,
        "MLR": partial.mostly_lost / tracks,
        "sMOTA": (partial.similarity - false_positives - switches) / truth,
        "CLR_F1": true_positives / max(1, true_positives + (false_negatives + false_positives) / 2),
        "FP_per_frame": false_positives / max(1, partial.frames),
        "MOTAL": float((true_positives - false_positives - logged) / truth),
    }


def _counts(partial: Partial) -> dict[str, float]:
    return {
        "MOTP_sum": partial.similarity,
        "CLR_TP": partial.true_positives,
        "CLR_FN": partial.false_negatives,
        "CLR_FP": partial.false_positives,
        "IDSW": partial.switches,
        "MT": partial.mostly_tracked,
        "PT": partial.partly_tracked,
        "ML": partial.mostly_lost,
        "Frag": partial.fragments,
        "CLR_Frames": partial.frames,
    }
