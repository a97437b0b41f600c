"""CLEAR MOT: MOTA, MOTP, identity switches, fragments, mostly tracked and lost.

Source: Bernardin and Stiefelhagen, 2008; equal to TrackEval 1.3.0
(tests/parity/test_parity.py). With
masks they are MOTSA, MOTSP and sMOTSA of Voigtlaender et al., MOTS, CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching.clear_matching import match_in_turn
from metrics.pairing import Pairing

_MOSTLY, _PARTLY = 0.8, 0.2  # of a truth track's frames

COLUMNS = (
    Column("MOTA", "ratio", "up", "1 - (misses + false + switches) / truth", "MOTSA"),
    Column("MOTP", "ratio", "up", "Mean IoU of matches", "MOTSP"),
    Column("MODA", "ratio", "up", "MOTA without switches", "MODSA"),
    Column("CLR_Re", "ratio", "up", "Share of the truth that is matched"),
    Column("CLR_Pr", "ratio", "up", "Share of the prediction that is matched"),
    Column("MTR", "ratio", "up", "Truth tracks matched in more than 80 % of their frames"),
    Column("PTR", "ratio", None, "Truth tracks between the two"),
    Column("MLR", "ratio", "down", "Truth tracks matched in less than 20 % of their frames"),
    Column("sMOTA", "ratio", "up", "MOTA with matches weighted by IoU", "sMOTSA"),
    Column("CLR_F1", "ratio", "up", "F1 of detection"),
    Column("FP_per_frame", "count", "down", "False predictions a frame", over_classes="mean"),
    Column("MOTAL", "ratio", "up", "MOTA with the logarithm of switches"),
    Column("MOTP_sum", "count", None, "Sum of the IoU of matches", over_classes="mean"),
    Column("CLR_TP", "count", "up", "Matches"),
    Column("CLR_FN", "count", "down", "Missed truth"),
    Column("CLR_FP", "count", "down", "False predictions"),
    Column("IDSW", "count", "down", "Identity switches"),
    Column("MT", "count", "up", "Mostly tracked"),
    Column("PT", "count", None, "Partly tracked"),
    Column("ML", "count", "down", "Mostly lost"),
    Column("Frag", "count", "down", "Times a track is found again after a gap"),
    Column("CLR_Frames", "count", None, "Frames scored"),
)


@dataclass(frozen=True)
class Partial:
    """What sequences add up.

    Args:
        empty: One sequence whose truth or prediction is empty: TrackEval then reports ratios of
            0 and MLR of 1, and counts no frames.
    """

    matches: int
    misses: int
    extras: int
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
    found = match_in_turn(pairing)
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
    """Return the sums; the total is not `empty`, as in TrackEval."""
    names = [name for name in Partial.__dataclass_fields__ if name != "empty"]
    return Partial(**{name: sum(getattr(p, name) for p in partials) for name in names})


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column."""
    counts = _counts(partial)
    if partial.empty:
        return {column.name: 0.0 for column in COLUMNS} | counts | {"MLR": 1.0}
    hits, switches, extras = partial.matches, partial.switches, partial.extras
    truth = max(1, hits + partial.misses)
    tracks = max(1, partial.mostly_tracked + partial.partly_tracked + partial.mostly_lost)
    logged = np.log10(switches) if switches > 0 else 0
    return counts | {
        "MOTA": (hits - extras - switches) / truth,
        "MOTP": partial.similarity / max(1, hits),
        "MODA": (hits - extras) / truth,
        "CLR_Re": hits / truth,
        "CLR_Pr": hits / max(1, hits + extras),
        "MTR": partial.mostly_tracked / tracks,
        "PTR": partial.partly_tracked / tracks,
        "MLR": partial.mostly_lost / tracks,
        "sMOTA": (partial.similarity - extras - switches) / truth,
        "CLR_F1": hits / max(1, hits + (partial.misses + extras) / 2),
        "FP_per_frame": extras / max(1, partial.frames),
        "MOTAL": float((hits - extras - logged) / truth),
    }


def _counts(partial: Partial) -> dict[str, float]:
    return {
        "MOTP_sum": partial.similarity,
        "CLR_TP": partial.matches,
        "CLR_FN": partial.misses,
        "CLR_FP": partial.extras,
        "IDSW": partial.switches,
        "MT": partial.mostly_tracked,
        "PT": partial.partly_tracked,
        "ML": partial.mostly_lost,
        "Frag": partial.fragments,
        "CLR_Frames": partial.frames,
    }
