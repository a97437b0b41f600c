"""J&F as DAVIS tells semi-supervised results: identities are given, so nothing is assigned.

Source: davis2017-evaluation ac7c43f, davis2017/evaluation.py. The first frame is given and the last
is left out as well. Objects are 1 to the largest identity in the first frame; one that is not
predicted is empty throughout.
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
    davis_objects,
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
            has an identity that is none of the objects'.
    """
    frames = range(1, pairing.frame_count - 1)
    if not frames:
        count = pairing.frame_count
        raise ValueError(f"{count} frames found, expected one between the first and the last")
    rows = Rows.of(pairing, frames)
    objects, prediction = davis_objects(pairing), pairing.prediction.identities
    _refuse_others(pairing, frames, len(objects))
    names = np.arange(len(objects)) + 1
    place = np.searchsorted(prediction, names)
    there = np.append(prediction, -1)[place] == names
    chosen = rows.pairs(objects, np.where(there, place, -1))
    return tell(jaccard(pairing, chosen), boundary(pairing, chosen), _THRESHOLD)


def _refuse_others(pairing: Pairing, frames: range, last: int) -> None:
    side = pairing.prediction
    scored = (side.frame >= frames.start) & (side.frame < frames.stop)
    other = scored & ((side.identities < 1) | (side.identities > last))[side.track]
    if other.any():
        row = int(np.argmax(other))
        found = f"identity {side.identities[side.track[row]]} in frame {side.frame[row]} (from 0)"
        raise ValueError(f"{found} is no object of the first frame, expected 1 to {last}")
