"""The matching of CLEAR: one to one at IoU 0.5, with preference for the previous frame's match.

Source: Bernardin and Stiefelhagen, 2008, as implemented in TrackEval 1.3.0: a frame in which either
side is empty neither fragments nor continues a track.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from metrics.matching.hungarian import EPS, match_frames
from metrics.pairing import Pairing, Pairs

_THRESHOLD = 0.5
_SAME_IDENTITY_BONUS = 1000.0  # added to the similarity of a pair matched in the previous frame


@dataclass(frozen=True)
class Matches:
    """Matched pairs, grouped by ground truth track and sorted by frame.

    Args:
        pairs: (K,) the matched pairs.
        truth: (K,) ground truth track of each pair.
        prediction: (K,) predicted track of each pair.
        again: (K,) bool, whether the ground truth track was matched in an earlier frame.
        switched: (K,) bool, whether it was last matched with another predicted track.
        resumed: (K,) bool, whether it was matched earlier, but not in the previous frame in which
            both sides have rows.
    """

    pairs: Pairs
    truth: np.ndarray
    prediction: np.ndarray
    again: np.ndarray
    switched: np.ndarray
    resumed: np.ndarray


_FOUND: WeakKeyDictionary[Pairing, Matches] = WeakKeyDictionary()


def clear_matches(pairing: Pairing) -> Matches:
    """Return the matches of a sequence, cached because several families use them."""
    if pairing not in _FOUND:
        _FOUND[pairing] = _find(pairing)
    return _FOUND[pairing]


def _find(pairing: Pairing) -> Matches:
    truth, prediction = pairing.truth, pairing.prediction
    pairs = pairing.pairs.take(_match(pairing))
    order = np.lexsort((truth.frame[pairs.truth], truth.track[pairs.truth]))
    pairs = pairs.take(order)
    truth_track, predicted_track = truth.track[pairs.truth], prediction.track[pairs.prediction]
    step = _evaluated_steps(pairing)[truth.frame[pairs.truth]]
    again = np.diff(truth_track, prepend=-1) == 0
    switched = again & (np.diff(predicted_track, prepend=-1) != 0)
    return Matches(
        pairs, truth_track, predicted_track, again, switched, again & (np.diff(step, prepend=0) > 1)
    )


def _match(pairing: Pairing) -> np.ndarray:
    """Return which pairs are matched, (P,) bool.

    The matching of a frame depends on the previous frame through the preference for the same
    identity. All frames are matched at once; then the frames after a changed frame are matched
    again until none changes. The result equals that of matching the frames one after the other.
    """
    close = np.flatnonzero(pairing.pairs.similarity >= _THRESHOLD - EPS)
    pairs = pairing.pairs.take(close)
    step = _evaluated_steps(pairing)[pairing.truth.frame[pairs.truth]]
    before = _pair_before(pairing, pairs, step)
    matched = match_frames(pairing, pairs.similarity, close)
    stale = np.zeros(len(pairing.truth) + 2, bool)  # by step
    stale[step[~matched]] = True  # other frames have no alternative match
    while len(which := np.flatnonzero(stale[step])):
        same = (before[which] >= 0) & matched[before[which]]
        score = pairs.similarity[which] + _SAME_IDENTITY_BONUS * same
        updated = match_frames(pairing, score, close[which])
        stale[:] = False
        stale[step[which[updated != matched[which]]] + 1] = True
        matched[which] = updated
    found = np.zeros(len(pairing.pairs.truth), bool)
    found[close] = matched
    return found


def _evaluated_steps(pairing: Pairing) -> np.ndarray:
    """Return the number of frames so far in which both sides have rows, (frame_count,)."""
    sides = pairing.truth, pairing.prediction
    rows = (np.bincount(side.frame, minlength=pairing.frame_count) for side in sides)
    return np.cumsum(np.logical_and(*rows))


def _pair_before(pairing: Pairing, pairs: Pairs, step: np.ndarray) -> np.ndarray:
    """Return the pair of the same two tracks in the previous step, -1 where there is none, (P,)."""
    tracks = pairing.truth.track[pairs.truth] * max(pairing.prediction.track_count, 1)
    tracks = tracks + pairing.prediction.track[pairs.prediction]
    order = np.lexsort((step, tracks))
    follows = (np.diff(tracks[order]) == 0) & (np.diff(step[order]) == 1)
    before = np.full(len(step), -1)
    before[order[1:][follows]] = order[:-1][follows]
    return before
