"""CLEAR MOT: MOTA, MOTP, identity switches, fragments, mostly tracked and lost.

Source: Bernardin and Stiefelhagen, 2008; equal to TrackEval 1.3.0 (tests/test_parity.py), whose
choices are: a match at IoU 0.5 prefers the identity of the frame before, and a frame in which
either side is empty neither breaks nor continues a track.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching import EPS, match_frames
from metrics.pairing import Pairing

_THRESHOLD = 0.5
_MOSTLY, _PARTLY = 0.8, 0.2  # of a truth track's frames
_SAME_AS_BEFORE = 1000.0  # added to the similarity of a pair that was matched in the frame before

COLUMNS = (
    Column("MOTA", "ratio", "up", "1 - (misses + false + switches) / truth"),
    Column("MOTP", "ratio", "up", "Mean IoU of matches"),
    Column("MODA", "ratio", "up", "MOTA without switches"),
    Column("CLR_Re", "ratio", "up", "Share of the truth that is matched"),
    Column("CLR_Pr", "ratio", "up", "Share of the prediction that is matched"),
    Column("MTR", "ratio", "up", "Truth tracks matched in more than 80 % of their frames"),
    Column("PTR", "ratio", None, "Truth tracks between the two"),
    Column("MLR", "ratio", "down", "Truth tracks matched in less than 20 % of their frames"),
    Column("sMOTA", "ratio", "up", "MOTA with matches weighted by IoU"),
    Column("CLR_F1", "ratio", "up", "F1 of detection"),
    Column("FP_per_frame", "count", "down", "False predictions a frame"),
    Column("MOTAL", "ratio", "up", "MOTA with the logarithm of switches"),
    Column("MOTP_sum", "count", None, "Sum of the IoU of matches"),
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
    pairs = pairing.pairs.take(_match(pairing))
    # grouped by truth track, in order of frame
    order = np.lexsort((truth.frame[pairs.truth], truth.track[pairs.truth]))
    who, whom = truth.track[pairs.truth][order], prediction.track[pairs.prediction][order]
    step = _evaluated_steps(pairing)[truth.frame[pairs.truth]][order]
    goes_on = np.diff(who) == 0
    ratio = np.bincount(who, minlength=truth.track_count) / truth.lengths()
    tracked, partly = int((ratio > _MOSTLY).sum()), int((ratio >= _PARTLY).sum())
    return Partial(
        len(who),
        len(truth) - len(who),
        len(prediction) - len(who),
        int((goes_on & (np.diff(whom) != 0)).sum()),
        tracked,
        partly - tracked,
        truth.track_count - partly,
        int((goes_on & (np.diff(step) > 1)).sum()),
        pairing.frame_count,
        float(pairs.similarity.sum()),
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


def _evaluated_steps(pairing: Pairing) -> np.ndarray:
    """Return the number of each frame among those where both sides have rows, (frame_count,)."""
    both = np.zeros(pairing.frame_count, bool)
    both[np.intersect1d(pairing.truth.frame, pairing.prediction.frame)] = True
    return np.cumsum(both)


def _match(pairing: Pairing) -> np.ndarray:
    """Return which pairs match, (P,) bool.

    A frame's matching depends on that of the frame before, through the preference for the same
    identity. All frames are matched at once, then again those after a frame that has changed, until
    none changes: the result is the one that matching them in turn gives.
    """
    pairs, step = pairing.pairs, _evaluated_steps(pairing)
    close = pairs.similarity >= _THRESHOLD - EPS
    score = np.where(close, pairs.similarity, 0)
    step = step[pairing.truth.frame[pairs.truth]]
    before = _pair_before(pairing, step)
    matched = match_frames(pairing, score)
    stale = np.unique(step[close & ~matched])  # elsewhere there is nothing to choose between
    while len(stale):
        which = np.flatnonzero(np.isin(step, stale))
        same = (before[which] >= 0) & matched[before[which]] & close[which]
        now = match_frames(pairing, score[which] + _SAME_AS_BEFORE * same, which)
        changed = now != matched[which]
        stale = np.unique(step[which][changed]) + 1
        matched[which] = now
    return matched


def _pair_before(pairing: Pairing, step: np.ndarray) -> np.ndarray:
    """Return the pair of the same two tracks in the step before, -1 where there is none, (P,)."""
    pairs = pairing.pairs
    tracks = pairing.truth.track[pairs.truth] * max(pairing.prediction.track_count, 1)
    tracks = tracks + pairing.prediction.track[pairs.prediction]
    order = np.lexsort((step, tracks))
    follows = (np.diff(tracks[order]) == 0) & (np.diff(step[order]) == 1)
    before = np.full(len(step), -1)
    before[order[1:][follows]] = order[:-1][follows]
    return before
