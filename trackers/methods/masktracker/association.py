"""Which detection is of which target: DeepStream's cascade.

1. Sure detections with targets that are validated, active or not, by IoU and size together;
2. tentative detections with the active targets that are left, by IoU;
3. sure detections that are left with tentative targets, by IoU.

How similar two sizes are is not documented: here it is the smaller area over the larger. Nor is the
gate of the third step: here it is that of the first.
"""

from __future__ import annotations

import numpy as np

from datasets.overlap import box_area, box_iou
from datasets.types import Detections
from trackers.methods.masktracker.options import Gates
from trackers.parts.assignment import match
from trackers.parts.detections import same_class


def associate(
    box: np.ndarray,
    class_id: np.ndarray,
    validated: np.ndarray,
    active: np.ndarray,
    found: Detections,
    gates: Gates,
) -> np.ndarray:
    """Return the detection of each target, (N,) int64, -1 for none.

    Args:
        box: (N, 4) where the targets are thought to be.
        class_id: (N,).
        validated: (N,) bool, active or inactive; the others are tentative.
        active: (N,) bool.
    """
    iou = box_iou(box[:, None], found.box)
    if gates.check_class_match:
        iou = np.where(same_class(class_id, found.class_id), iou, -np.inf)
    area, other = box_area(box)[:, None], box_area(found.box)
    size = np.minimum(area, other) / np.maximum(np.maximum(area, other), np.finfo(float).tiny)
    similar = size >= gates.min_matching_score_4_size_similarity
    weight = gates.matching_score_weight_4_size_similarity
    joint = gates.matching_score_weight_4_iou * iou + weight * size
    joint = np.where((iou >= gates.min_matching_score_4_iou) & similar, joint, -np.inf)
    sure = found.score >= gates.tentative_detector_confidence
    partner = np.full(len(box), -1)
    for similarity, least, who, what in (
        (joint, gates.min_matching_score_4_overall, validated, sure),
        (iou, gates.min_matching_score_4_tentative_iou, active, ~sure),
        (iou, gates.min_matching_score_4_iou, ~validated, sure),
    ):
        free = np.ones(len(found.score), bool)
        free[partner[partner >= 0]] = False
        rows = np.flatnonzero(who & (partner < 0))
        columns = np.flatnonzero(what & free)
        pairs = _pairs(similarity[np.ix_(rows, columns)], least, gates.association_matcher_type)
        partner[rows[pairs[0]]] = columns[pairs[1]]
    return partner


def _pairs(similarity: np.ndarray, least: float, matcher: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns that belong together."""
    if matcher == 1:
        return match(similarity, least)
    left, rows, columns = similarity.copy(), [], []
    while left.size and left.max() >= least:
        row, column = np.unravel_index(left.argmax(), left.shape)
        rows.append(row)
        columns.append(column)
        left[row], left[:, column] = -np.inf, -np.inf
    return np.array(rows, np.int64), np.array(columns, np.int64)
