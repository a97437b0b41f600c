"""The matching of CLEAR: one to one at IoU 0.5, the identity of the frame before preferred.

Source: Bernardin and Stiefelhagen, 2008, as TrackEval 1.3.0 does it: a frame in which either side
is empty neither breaks nor continues a track.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from metrics.matching.hungarian import EPS, match_frames
from metrics.pairing import Pairing, Pairs

_THRESHOLD = 0.5
_SAME_AS_BEFORE = 1000.0  # added to the similarity of a pair that was matched in the frame before


@dataclass(frozen=True)
class Matches:
    """What is matched, grouped by truth track and in order of frame.

    Args:
        pairs: (K,) the pairs that match.
        truth: (K,) truth track of each.
        prediction: (K,) predicted track of each.
        again: (K,) bool, the truth track was matched before.
        switched: (K,) bool, and then with another predicted track.
        resumed: (K,) bool, and not in the frame before, of those where both sides have rows.
    """

    pairs: Pairs
    truth: np.ndarray
    prediction: np.ndarray
    again: np.ndarray
    switched: np.ndarray
    resumed: np.ndarray


_FOUND: WeakKeyDictionary[Pairing, Matches] = WeakKeyDictionary()


def match_in_turn(pairing: Pairing) -> Matches:
    """Return the matches of a sequence; several ask, and they are found once."""
    if pairing not in _FOUND:
        _FOUND[pairing] = _find(pairing)
    return _FOUND[pairing]


def _find(pairing: Pairing) -> Matches:
    truth, prediction = pairing.truth, pairing.prediction
    pairs = pairing.pairs.take(_match(pairing))
    order = np.lexsort((truth.frame[pairs.truth], truth.track[pairs.truth]))
    pairs = pairs.take(order)
    who, whom = truth.track[pairs.truth], prediction.track[pairs.prediction]
    step = _evaluated_steps(pairing)[truth.frame[pairs.truth]]
    again = np.diff(who, prepend=-1) == 0
    switched = again & (np.diff(whom, prepend=-1) != 0)
    return Matches(pairs, who, whom, again, switched, again & (np.diff(step, prepend=0) > 1))


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


def _evaluated_steps(pairing: Pairing) -> np.ndarray:
    """Return the number of each frame among those where both sides have rows, (frame_count,)."""
    both = np.zeros(pairing.frame_count, bool)
    both[np.intersect1d(pairing.truth.frame, pairing.prediction.frame)] = True
    return np.cumsum(both)


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
