"""HOTA and its parts, at 19 localisation thresholds.

Source: Luiten et al., HOTA, IJCV 2021; equal to TrackEval 1.3.0 (tests/parity/test_parity.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching.hungarian import EPS, match_frames
from metrics.pairing import Pairing, number

ALPHAS = np.arange(0.05, 0.99, 0.05)
_TINY = 1e-10  # TrackEval's: localisation is 1 where nothing matches

COLUMNS = (
    Column("HOTA", "ratio", "up", "Geometric mean of detection and association, over alpha"),
    Column("DetA", "ratio", "up", "Detection accuracy: matched over all detections"),
    Column("AssA", "ratio", "up", "Association accuracy: how pure and complete the tracks are"),
    Column("DetRe", "ratio", "up", "Share of the truth that is matched"),
    Column("DetPr", "ratio", "up", "Share of the prediction that is matched"),
    Column("AssRe", "ratio", "up", "How complete the tracks are"),
    Column("AssPr", "ratio", "up", "How pure the tracks are"),
    Column("LocA", "ratio", "up", "Mean IoU of matches"),
    Column("OWTA", "ratio", "up", "As HOTA, with detection recall alone"),
    Column("HOTA_TP", "count", "up", "Matches, mean over alpha"),
    Column("HOTA_FN", "count", "down", "Missed truth, mean over alpha"),
    Column("HOTA_FP", "count", "down", "False predictions, mean over alpha"),
    Column("HOTA(0)", "ratio", "up", "HOTA at alpha 0.05"),
    Column("LocA(0)", "ratio", "up", "LocA at alpha 0.05"),
    Column("HOTALocA(0)", "ratio", "up", "Product of the two"),
)


@dataclass(frozen=True)
class Partial:
    """What sequences add up; every array is (19,), one value an alpha.

    Args:
        hits: Matches.
        misses: Truth rows without a match.
        extras: Prediction rows without a match.
        accuracy: Sum over matches of the Jaccard index of their two tracks.
        recall: Sum over matches of the share of the truth track they cover together.
        precision: The same of the predicted track.
        similarity: Sum over matches of the IoU.
    """

    hits: np.ndarray
    misses: np.ndarray
    extras: np.ndarray
    accuracy: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    similarity: np.ndarray


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    combination, which = number(
        truth.track[pairs.truth] * max(prediction.track_count, 1)
        + prediction.track[pairs.prediction]
    )
    lengths = _Lengths(
        truth.lengths()[combination // max(prediction.track_count, 1)],
        prediction.lengths()[combination % max(prediction.track_count, 1)],
    )
    alignment = _alignment(pairing, which, lengths)
    matched = match_frames(pairing, alignment[which] * pairs.similarity)
    similarity, which = pairs.similarity[matched], which[matched]

    at_alpha = similarity[None] >= ALPHAS[:, None] - EPS  # (19, matches)
    hits = at_alpha.sum(axis=1)
    together = np.stack([np.bincount(which[on], minlength=len(combination)) for on in at_alpha])
    union = np.maximum(1, lengths.truth + lengths.prediction - together)
    return Partial(
        hits,
        len(truth) - hits,
        len(prediction) - hits,
        (together * (together / union)).sum(axis=1),
        (together * (together / lengths.truth)).sum(axis=1),
        (together * (together / lengths.prediction)).sum(axis=1),
        (at_alpha * similarity).sum(axis=1),
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums."""
    names = Partial.__dataclass_fields__
    return Partial(**{name: sum(getattr(p, name) for p in partials) for name in names})


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column: the mean over alpha, those with (0) at the first alpha."""
    found = curves(partial)
    first = {f"{name}(0)": float(found[name][0]) for name in ("HOTA", "LocA")}
    first["HOTALocA(0)"] = first["HOTA(0)"] * first["LocA(0)"]
    return {name: float(curve.mean()) for name, curve in found.items()} | first


def curves(partial: Partial) -> dict[str, np.ndarray]:
    """Return each field as (19,)."""
    hits, misses, extras = partial.hits, partial.misses, partial.extras
    some = np.maximum(1, hits)
    detection = hits / np.maximum(1, hits + misses + extras)
    recall = hits / np.maximum(1, hits + misses)
    association = partial.accuracy / some
    return {
        "HOTA": np.sqrt(detection * association),
        "DetA": detection,
        "AssA": association,
        "DetRe": recall,
        "DetPr": hits / np.maximum(1, hits + extras),
        "AssRe": partial.recall / some,
        "AssPr": partial.precision / some,
        "LocA": np.maximum(_TINY, partial.similarity) / np.maximum(_TINY, hits),
        "OWTA": np.sqrt(recall * association),
        "HOTA_TP": hits,
        "HOTA_FN": misses,
        "HOTA_FP": extras,
    }


@dataclass(frozen=True)
class _Lengths:
    """Rows of the truth track and of the predicted track of each combination of tracks, (C,)."""

    truth: np.ndarray
    prediction: np.ndarray


def _alignment(pairing: Pairing, which: np.ndarray, lengths: _Lengths) -> np.ndarray:
    """Return how well each combination of tracks fits over the whole sequence, (C,).

    Args:
        which: (P,) combination of each pair.
    """
    pairs = pairing.pairs
    across = np.bincount(pairs.truth, pairs.similarity, len(pairing.truth))
    down = np.bincount(pairs.prediction, pairs.similarity, len(pairing.prediction))
    total = across[pairs.truth] + down[pairs.prediction] - pairs.similarity
    share = np.where(total > EPS, pairs.similarity / np.maximum(total, EPS), 0)
    potential = np.bincount(which, share, len(lengths.truth))
    fit: np.ndarray = potential / (lengths.truth + lengths.prediction - potential)
    return fit
