"""J&F of DAVIS for semi-supervised results: identities are given, so no assignment is needed.

Source: davis2017-evaluation ac7c43f, davis2017/evaluation.py. The first frame, which is given, and
the last frame are excluded. The objects are 1 to the largest identity in the first frame; an object
without prediction has an empty mask in every frame.
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
    make_partial,
    summarize,
)

__all__ = ["COLUMNS", "ENDS_SCORED", "Partial", "combine", "evaluate", "summarize"]

ENDS_SCORED = False  # the first and the last frame

_THRESHOLD = 0.5


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence.

    Raises:
        ValueError: There is no frame between the first and the last, or a prediction in such a
            frame has an identity of no object.
    """
    frames = range(1, pairing.frame_count - 1)
    if not frames:
        count = pairing.frame_count
        raise ValueError(f"expected at least 3 frames for semi-supervised J&F, found {count}")
    rows = Rows.of(pairing, frames)
    objects, prediction = davis_objects(pairing), pairing.prediction.identities
    _refuse_others(pairing, frames, len(objects))
    names = np.arange(len(objects)) + 1
    place = np.searchsorted(prediction, names)
    is_predicted = np.append(prediction, -1)[place] == names
    chosen = rows.pairs(objects, np.where(is_predicted, place, -1))
    return make_partial(jaccard(pairing, chosen), boundary(pairing, chosen), _THRESHOLD)


def _refuse_others(pairing: Pairing, frames: range, last: int) -> None:
    side = pairing.prediction
    scored = (side.frame >= frames.start) & (side.frame < frames.stop)
    other = scored & ((side.identities < 1) | (side.identities > last))[side.track]
    if other.any():
        row = int(np.argmax(other))
        identity = side.identities[side.track[row]]
        raise ValueError(
            f"prediction, frame {side.frame[row]} (from 0): expected an identity of "
            f"the first frame, 1 to {last}, found {identity}"
        )
