"""J&F of DAVIS for unsupervised results: proposals are assigned by their mean J and F.

Source: davis2017-evaluation ac7c43f, davis2017/evaluation.py. All frames count. The objects are 1
to the largest identity in the first frame. Predicted identities are proposal numbers, 1 to 20; an
unused number below the largest is a proposal that is empty in every frame. The protocol removes
void pixels.
"""

from __future__ import annotations

import numpy as np

from datasets.assignment import linear_sum_assignment
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

__all__ = ["COLUMNS", "Partial", "combine", "evaluate", "summarize"]

_THRESHOLD = 0.5
_MAX_PROPOSALS = 20


def evaluate(pairing: Pairing) -> Partial:
    """Return the partial of one sequence; ValueError for an identity other than 1 to 20."""
    rows, objects = Rows.of(pairing, range(pairing.frame_count)), davis_objects(pairing)
    proposals = _proposals(pairing, len(objects))
    every = rows.pairs(np.repeat(objects, len(proposals)), np.tile(proposals, len(objects)))
    shape = (len(objects), len(proposals), pairing.frame_count)
    region = jaccard(pairing, every).reshape(shape)
    contour = boundary(pairing, every).reshape(shape)
    score = (region.mean(axis=2) + contour.mean(axis=2)) / 2
    proposal, truth = linear_sum_assignment(score.T, maximize=True)
    return make_partial(region[truth, proposal], contour[truth, proposal], _THRESHOLD)


def _proposals(pairing: Pairing, min_count: int) -> np.ndarray:
    """Return the predicted track of each of at least `min_count` proposals, -1 for an empty one."""
    identities = pairing.prediction.identities
    wrong = identities[(identities < 1) | (identities > _MAX_PROPOSALS)]
    if len(wrong):
        expected = f"expected identities from 1 to {_MAX_PROPOSALS}"
        raise ValueError(f"prediction: {expected}, found {wrong[0]}")
    last = int(identities.max(initial=0))
    proposals = np.full(max(last, min_count), -1)
    proposals[identities - 1] = np.arange(len(identities))
    return proposals
