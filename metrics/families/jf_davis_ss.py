"""J&F as DAVIS tells semi-supervised results: identities are given, so nothing is assigned.

Source: davis2017-evaluation ac7c43f, davis2017/evaluation.py. The first frame is given and the last
is left out as well. An object that is not predicted is empty throughout. There the objects are
those of the first frame and identities beyond them end the program; here they are those of the
truth in any frame, the same in all of DAVIS.
"""

from __future__ import annotations

import numpy as np

from metrics.pairing import Pairing
from metrics.segmentation import (
    COLUMNS,
    Partial,
    Rows,
    boundary,
    combine,
    jaccard,
    summarize,
    tell,
)

__all__ = ["COLUMNS", "Partial", "combine", "evaluate", "summarize"]

_THRESHOLD = 0.5


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence.

    Raises:
        ValueError: No frame lies between the first and the last, or a prediction in one that does
            has an identity that is none of the truth's.
    """
    frames = range(1, pairing.frame_count - 1)
    if not frames:
        count = pairing.frame_count
        raise ValueError(f"{count} frames found, expected one between the first and the last")
    rows = Rows.of(pairing, frames)
    _refuse_others(pairing, frames)
    truth, prediction = pairing.truth.identities, pairing.prediction.identities
    place = np.searchsorted(prediction, truth)
    there = np.append(prediction, -1)[place] == truth
    chosen = rows.pairs(np.arange(len(truth)), np.where(there, place, -1))
    return tell(jaccard(pairing, chosen), boundary(pairing, chosen), _THRESHOLD)


def _refuse_others(pairing: Pairing, frames: range) -> None:
    side = pairing.prediction
    scored = (side.frame >= frames.start) & (side.frame < frames.stop)
    other = scored & ~np.isin(side.identities, pairing.truth.identities)[side.track]
    if other.any():
        row = int(np.argmax(other))
        found = f"identity {side.identities[side.track[row]]} in frame {side.frame[row]} (from 0)"
        expected = pairing.truth.identities.tolist()
        raise ValueError(f"{found} is not in the truth, expected one of {expected}")
