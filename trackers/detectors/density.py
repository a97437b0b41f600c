"""Detections grouped by how dense they are, as Gst-nvinfer does it for PeopleNet.

`dbscan` takes the mean of each group; `hybrid` drops what is in no group and suppresses the rest.
Source: the documentation of Gst-nvinfer; Ester et al., DBSCAN, KDD 1996. What distance NVIDIA means
is not documented: here it is 1 - IoU.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.parts.detections import same_class


@dataclass(frozen=True)
class Density:
    """When detections are a group.

    Args:
        reach: Two of one class are neighbours up to so large a distance.
        least_boxes: One with so many neighbours, itself among them, is the core of a group.
        least_score: A group whose scores add up to less is none.
        merge: Whether a group becomes one detection.
    """

    eps: float
    min_boxes: int
    min_group_score: float
    merge: bool


def find_groups(found: Detections, density: Density) -> np.ndarray:
    """Return the group of each detection, (N,) int, -1 for one that is of none."""
    from scipy.sparse.csgraph import connected_components  # slow to load, and few ask for it

    overlap = box_iou(found.box[:, None], found.box)
    near = 1 - overlap <= density.eps
    near &= same_class(found.class_id, found.class_id)
    core = near.sum(1) >= density.min_boxes
    group = np.full(len(found.score), -1)
    if not core.any():
        return group
    _, label = connected_components(near[np.ix_(core, core)], directed=False)
    group[core] = label
    # one at a group's edge joins that of its nearest core
    edge = np.flatnonzero(~core & (near & core).any(1))
    group[edge] = group[np.where(near & core, overlap, -1)[edge].argmax(1)]
    total = np.bincount(group[group >= 0], found.score[group >= 0])
    group[(group >= 0) & (total[group] < density.min_group_score)] = -1
    return group


def merge_groups(found: Detections, group: np.ndarray) -> Detections:
    """Return a detection for each group: the mean box, by score, and the largest score."""
    members = [found.take(group == label) for label in np.unique(group[group >= 0])]
    members = sorted(members, key=lambda each: -each.score.max())
    box = [np.average(each.box, axis=0, weights=each.score) for each in members]
    return Detections(
        np.array(box, float).reshape(-1, 4),
        np.array([each.score.max() for each in members], float),
        np.array([each.class_id[0] for each in members], np.int64),
    )
