"""Explain the known differences of TrackEval 1.3.0; docs/metrics.md lists them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metrics.crosscheck.reference import Explanation, Scope
from metrics.pairing import Pairing

_MAX_FRAMES = 255  # up to which TrackEval's 8-bit frame numbers do not overflow


def _empty(pairing: Pairing) -> bool:
    return not len(pairing.truth) and not len(pairing.prediction)


def _has_void(pairing: Pairing) -> bool:
    tracks = pairing.truth.tracks
    return bool(np.isin(tracks.class_id, tracks.extent.ignored).any())


def _has_shared_crowd(pairing: Pairing) -> bool:
    """Return whether a crowd overlaps two predicted tracks, which may both be matched with it."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    crowd = truth.tracks.score[truth.rows] == 0
    both = np.stack([truth.track[pairs.truth], prediction.track[pairs.prediction]], axis=1)
    overlapping = np.unique(both[crowd[pairs.truth]], axis=0)
    return bool((np.bincount(overlapping[:, 0]) > 1).any())


def _has_empty_mask(pairing: Pairing) -> bool:
    sides = pairing.truth, pairing.prediction
    return any((pairing.areas(side) == 0).any() for side in sides)


def _all_sequences_empty(place: Scope) -> bool:
    """Return whether all sequences of a class are empty on both sides."""
    return any(all(map(_empty, each)) for each in place.pairings.values())


def _somewhere(what: Callable[[Pairing], bool], *protocols: str) -> Callable[[Scope], bool]:
    """Return a test for scopes with such a pairing, under some protocols (all if none is named)."""

    def applies(place: Scope) -> bool:
        if protocols and place.protocol not in protocols:
            return False
        return any(what(pairing) for each in place.pairings.values() for pairing in each)

    return applies


EXPLANATIONS = (
    Explanation(
        ("vace",),
        "undefined if both sides are empty; TrackEval reports zeros",
        _all_sequences_empty,
    ),
    Explanation(
        ("hota", "clear", "identity", "vace"),
        "TrackEval removes void from the predictions for J&F only",
        _somewhere(_has_void, "davis"),
    ),
    Explanation(
        ("hota", "clear", "identity", "vace", "count"),
        "an empty mask counts here, but a PNG cannot hold one",
        _somewhere(_has_empty_mask, "davis", "davis_semi", "davis2016"),
    ),
    Explanation(
        ("J-Decay", "F-Decay"),
        f"beyond {_MAX_FRAMES} frames TrackEval's quarters differ: it numbers frames in 8 bits",
        _somewhere(lambda pairing: pairing.frame_count > _MAX_FRAMES),
    ),
    Explanation(
        ("vis_ap",),
        "a crowd may be matched many times, as in the official evaluator; in TrackEval once",
        _somewhere(_has_shared_crowd),
    ),
)
