"""DeepStream's cascaded association of detections with targets.

1. Confident detections with validated targets, active or inactive, by IoU and size together;
2. tentative detections with the remaining active targets, by IoU;
3. the remaining confident detections with tentative targets, by IoU.

The similarity of sizes is not documented: here it is the smaller area over the larger one. Nor is
the threshold of the third step: here it is that of the first.
"""

from __future__ import annotations

import numpy as np

from datasets.overlap import box_area, box_iou
from datasets.types import Detections
from trackers.methods.masktracker.options import DataAssociator
from trackers.parts.assignment import match
from trackers.parts.detections import same_class


def associate(
    box: np.ndarray,
    class_id: np.ndarray,
    validated: np.ndarray,
    active: np.ndarray,
    detections: Detections,
    options: DataAssociator,
) -> np.ndarray:
    """Return the index of each target's detection, (N,) int64, -1 for none.

    Args:
        box: (N, 4) predicted boxes of the targets.
        class_id: (N,).
        validated: (N,) bool, active or inactive; the others are tentative.
        active: (N,) bool.
    """
    iou = box_iou(box[:, None], detections.box)
    if options.check_class_match:
        iou = np.where(same_class(class_id, detections.class_id), iou, -np.inf)
    area, other = box_area(box)[:, None], box_area(detections.box)
    size = np.minimum(area, other) / np.maximum(np.maximum(area, other), np.finfo(float).tiny)
    size_gate = size >= options.min_matching_score_4_size_similarity
    weight = options.matching_score_weight_4_size_similarity
    overall = options.matching_score_weight_4_iou * iou + weight * size
    overall = np.where((iou >= options.min_matching_score_4_iou) & size_gate, overall, -np.inf)
    confident = detections.score >= options.tentative_detector_confidence
    matched = np.full(len(box), -1)
    for similarity, threshold, targets, candidates in (
        (overall, options.min_matching_score_4_overall, validated, confident),
        (iou, options.min_matching_score_4_tentative_iou, active, ~confident),
        (iou, options.min_matching_score_4_iou, ~validated, confident),
    ):
        free = np.ones(len(detections.score), bool)
        free[matched[matched >= 0]] = False
        rows = np.flatnonzero(targets & (matched < 0))
        columns = np.flatnonzero(candidates & free)
        row, column = _match(
            similarity[np.ix_(rows, columns)], threshold, options.association_matcher_type
        )
        matched[rows[row]] = columns[column]
    return matched


def _match(similarity: np.ndarray, threshold: float, matcher: int) -> tuple[np.ndarray, np.ndarray]:
    """Return matched rows and columns: of the optimal matching, or of the greedy one."""
    if matcher == 1:
        return match(similarity, threshold)
    remaining, rows, columns = similarity.copy(), [], []
    while remaining.size and remaining.max() >= threshold:
        row, column = np.unravel_index(remaining.argmax(), remaining.shape)
        rows.append(row)
        columns.append(column)
        remaining[row], remaining[:, column] = -np.inf, -np.inf
    return np.array(rows, np.int64), np.array(columns, np.int64)
