"""Density-based grouping of detections (DBSCAN), as Gst-nvinfer does for PeopleNet.

Gst-nvinfer's mode `dbscan` returns the mean of each group; `hybrid` discards detections outside all
groups and applies non-maximum suppression to the others. Source: the documentation of Gst-nvinfer;
Ester et al., DBSCAN, KDD 1996. NVIDIA does not document the distance: here it is 1 - IoU.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.parts.detections import same_class


@dataclass(frozen=True)
class Density:
    """Parameters of the grouping.

    Args:
        eps: Maximum distance between neighbours, which are of the same class.
        min_boxes: Minimum number of neighbours of a core detection, including itself.
        min_group_score: Minimum sum of the scores of a group.
        merge: Whether each group is merged to one detection.
    """

    eps: float
    min_boxes: int
    min_group_score: float
    merge: bool


def find_groups(found: Detections, density: Density) -> np.ndarray:
    """Return the group number of each detection, (N,) int, -1 for detections in no group."""
    from scipy.sparse.csgraph import connected_components  # slow to load, rarely used

    overlap = box_iou(found.box[:, None], found.box)
    near = 1 - overlap <= density.eps
    near &= same_class(found.class_id, found.class_id)
    core = near.sum(1) >= density.min_boxes
    group = np.full(len(found.score), -1)
    if not core.any():
        return group
    _, label = connected_components(near[np.ix_(core, core)], directed=False)
    group[core] = label
    # a detection at the edge joins the group of its nearest core detection
    edge = np.flatnonzero(~core & (near & core).any(1))
    group[edge] = group[np.where(near & core, overlap, -1)[edge].argmax(1)]
    total = np.bincount(group[group >= 0], found.score[group >= 0])
    group[(group >= 0) & (total[group] < density.min_group_score)] = -1
    return group


def merge_groups(found: Detections, group: np.ndarray) -> Detections:
    """Return one detection per group: the mean box weighted by score, and the maximum score."""
    members = [found.take(group == label) for label in np.unique(group[group >= 0])]
    members = sorted(members, key=lambda each: -each.score.max())
    box = [np.average(each.box, axis=0, weights=each.score) for each in members]
    return Detections(
        np.array(box, float).reshape(-1, 4),
        np.array([each.score.max() for each in members], float),
        np.array([each.class_id[0] for each in members], np.int64),
    )
