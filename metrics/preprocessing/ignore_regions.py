"""Ignore regions: unmatched predictions inside them are excluded."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.matching.hungarian import EPS
from metrics.pairing import Pairs, Similarity, tracks_areas
from metrics.preprocessing.distractors import match_truth_rows

_MIN_SHARE = 0.5  # of a prediction's area, exclusive


def keep_masks_outside_regions(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that MOTS scores for a class on each side, (N,) and (M,) bool.

    Ground truth rows of an ignored class are the ignore regions.
    """
    scored, kept = truth.class_id == class_id, prediction.class_id == class_id
    unmatched = match_truth_rows(truth, prediction, pairs, (scored, kept)) < 0
    ignore_regions = np.isin(truth.class_id, truth.extent.ignored)
    kept &= ~(unmatched & in_ignore_regions(prediction, pairs, ignore_regions, "disjoint masks"))
    return scored, kept


def in_ignore_regions(
    prediction: Tracks, pairs: Pairs, ignore_regions: np.ndarray, similarity: Similarity
) -> np.ndarray:
    """Return which predictions lie by more than half in disjoint ignore regions, (M,) bool.

    Args:
        pairs: Pairs of all rows of ground truth and prediction.
        ignore_regions: (N,) bool, the ground truth rows that are ignore regions.
    """
    covering = ignore_regions[pairs.truth]
    shared = np.bincount(pairs.prediction[covering], pairs.shared[covering], len(prediction))
    return _mostly_inside(shared, tracks_areas(prediction, similarity))


def in_one_ignore_region(
    prediction: Tracks, pairs: Pairs, ignore_regions: np.ndarray, similarity: Similarity
) -> np.ndarray:
    """Return which predictions lie by more than half in a single ignore region, (M,) bool.

    Args:
        pairs: Pairs of all rows of ground truth and prediction.
        ignore_regions: (N,) bool, the ground truth rows that are ignore regions; they may overlap.
    """
    covering = pairs.take(ignore_regions[pairs.truth])
    area = tracks_areas(prediction, similarity)[covering.prediction]
    found = np.zeros(len(prediction), bool)
    found[covering.prediction[_mostly_inside(covering.shared, area)]] = True
    return found


def _mostly_inside(shared: np.ndarray, area: np.ndarray) -> np.ndarray:
    mostly: np.ndarray = (shared / np.maximum(area, EPS) > _MIN_SHARE + EPS) & (area > EPS)
    return mostly
