"""J&F as DAVIS tells unsupervised results: proposals assigned by their mean J and F.

Source: davis2017-evaluation ac7c43f, davis2017/evaluation.py. All frames count. Objects are 1 to
the largest identity in the first frame; identities of predictions are the numbers of proposals, 1
to 20, and a number below the largest that is not used is a proposal that is empty throughout. Void
is the protocol's to take out.
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
    summarize,
    tell,
)

__all__ = ["COLUMNS", "Partial", "combine", "evaluate", "summarize"]

_THRESHOLD = 0.5
_MOST = 20  # proposals


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
    return tell(region[truth, proposal], contour[truth, proposal], _THRESHOLD)


def _proposals(pairing: Pairing, least: int) -> np.ndarray:
    """Return the predicted track of each proposal, -1 for an empty one: at least so many."""
    identities = pairing.prediction.identities
    wrong = identities[(identities < 1) | (identities > _MOST)]
    if len(wrong):
        reason = f"expected proposals numbered 1 to {_MOST}"
        raise ValueError(f"identity {wrong[0]} found in the prediction, {reason}")
    last = int(identities.max(initial=0))
    proposals = np.full(max(last, least), -1)
    proposals[identities - 1] = np.arange(len(identities))
    return proposals
