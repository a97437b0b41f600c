"""HOTA and its components, at 19 localisation thresholds.

Source: Luiten et al., HOTA, IJCV 2021; equal to TrackEval 1.3.0 (tests/parity/test_parity.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from metrics.family import Column
from metrics.matching.hungarian import EPS, match_frames
from metrics.pairing import Pairing, unique_inverse

ALPHAS = np.arange(0.05, 0.99, 0.05)
_TINY = 1e-10  # TrackEval's: LocA is 1 without matches

COLUMNS = (
    Column("HOTA", "ratio", "up", "Geometric mean of detection and association, over alpha"),
    Column("DetA", "ratio", "up", "Detection accuracy: TP / (TP + FN + FP)"),
    Column("AssA", "ratio", "up", "Association accuracy: how complete and pure the tracks are"),
    Column("DetRe", "ratio", "up", "Detection recall: matched share of the ground truth"),
    Column("DetPr", "ratio", "up", "Detection precision: matched share of the predictions"),
    Column("AssRe", "ratio", "up", "Association recall: how complete the tracks are"),
    Column("AssPr", "ratio", "up", "Association precision: how pure the tracks are"),
    Column("LocA", "ratio", "up", "Localisation accuracy: mean IoU of matches"),
    Column("OWTA", "ratio", "up", "HOTA with detection recall in place of detection accuracy"),
    Column("HOTA_TP", "count", "up", "True positives, mean over alpha"),
    Column("HOTA_FN", "count", "down", "False negatives, mean over alpha"),
    Column("HOTA_FP", "count", "down", "False positives, mean over alpha"),
    Column("HOTA(0)", "ratio", "up", "HOTA at alpha 0.05"),
    Column("LocA(0)", "ratio", "up", "LocA at alpha 0.05"),
    Column("HOTALocA(0)", "ratio", "up", "Product of HOTA(0) and LocA(0)"),
)


@dataclass(frozen=True)
class Partial:
    """Sums that are added over sequences; every array is (19,), one value per alpha.

    Args:
        true_positives: Matches.
        false_negatives: Ground truth rows without a match.
        false_positives: Predicted rows without a match.
        accuracy: Sum over matches of the Jaccard index of their two tracks.
        recall: Sum over matches of the share of the ground truth track matched with the same
            predicted track.
        precision: Sum over matches of the same share of the predicted track.
        similarity: Sum over matches of the IoU.
    """

    true_positives: np.ndarray
    false_negatives: np.ndarray
    false_positives: np.ndarray
    accuracy: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    similarity: np.ndarray


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    combination, which = unique_inverse(
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
    true_positives = at_alpha.sum(axis=1)
    shared = np.stack([np.bincount(which[on], minlength=len(combination)) for on in at_alpha])
    union = np.maximum(1, lengths.truth + lengths.prediction - shared)
    return Partial(
        true_positives,
        len(truth) - true_positives,
        len(prediction) - true_positives,
        (shared * (shared / union)).sum(axis=1),
        (shared * (shared / lengths.truth)).sum(axis=1),
        (shared * (shared / lengths.prediction)).sum(axis=1),
        (at_alpha * similarity).sum(axis=1),
    )


def combine(partials: Many[Partial]) -> Partial:
    """Return the sums."""
    names = Partial.__dataclass_fields__
    return Partial(**{name: sum(getattr(p, name) for p in partials) for name in names})


def summarize(partial: Partial) -> dict[str, float]:
    """Return every column: the mean over alpha, or the value at the first alpha for (0)."""
    found = curves(partial)
    first = {f"{name}(0)": float(found[name][0]) for name in ("HOTA", "LocA")}
    first["HOTALocA(0)"] = first["HOTA(0)"] * first["LocA(0)"]
    return {name: float(curve.mean()) for name, curve in found.items()} | first


def curves(partial: Partial) -> dict[str, np.ndarray]:
    """Return each column at every alpha, (19,)."""
    true_positives = partial.true_positives
    false_negatives, false_positives = partial.false_negatives, partial.false_positives
    matches = np.maximum(1, true_positives)
    truth = true_positives + false_negatives
    detection = true_positives / np.maximum(1, truth + false_positives)
    recall = true_positives / np.maximum(1, truth)
    association = partial.accuracy / matches
    return {
        "HOTA": np.sqrt(detection * association),
        "DetA": detection,
        "AssA": association,
        "DetRe": recall,
        "DetPr": true_positives / np.maximum(1, true_positives + false_positives),
        "AssRe": partial.recall / matches,
        "AssPr": partial.precision / matches,
        "LocA": np.maximum(_TINY, partial.similarity) / np.maximum(_TINY, true_positives),
        "OWTA": np.sqrt(recall * association),
        "HOTA_TP": true_positives,
        "HOTA_FN": false_negatives,
        "HOTA_FP": false_positives,
    }


@dataclass(frozen=True)
class _Lengths:
    """Lengths in rows of the two tracks of each combination of tracks, (C,)."""

    truth: np.ndarray
    prediction: np.ndarray


def _alignment(pairing: Pairing, which: np.ndarray, lengths: _Lengths) -> np.ndarray:
    """Return the global alignment score of each combination of tracks, (C,).

    Args:
        which: (P,) combination of tracks of each pair.
    """
    pairs = pairing.pairs
    across = np.bincount(pairs.truth, pairs.similarity, len(pairing.truth))
    down = np.bincount(pairs.prediction, pairs.similarity, len(pairing.prediction))
    total = across[pairs.truth] + down[pairs.prediction] - pairs.similarity
    share = np.where(total > EPS, pairs.similarity / np.maximum(total, EPS), 0)
    potential = np.bincount(which, share, len(lengths.truth))
    fit: np.ndarray = potential / (lengths.truth + lengths.prediction - potential)
    return fit
