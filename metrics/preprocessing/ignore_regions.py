"""Regions to ignore: predictions without a match that lie inside them are left out."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.matching.hungarian import EPS
from metrics.pairing import Pairs, Similarity, tracks_areas
from metrics.preprocessing.distractors import matches

_SHARE = 0.5


def keep_masks_outside_regions(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of truth and prediction that MOTS scores for a class, (N,) and (M,) bool.

    Rows of the truth of a class that is ignored are the regions.
    """
    scored, kept = truth.class_id == class_id, prediction.class_id == class_id
    free = matches(truth, prediction, pairs, (scored, kept)) < 0
    regions = np.isin(truth.class_id, truth.extent.ignored)
    kept &= ~(free & inside(prediction, pairs, regions, "disjoint masks"))
    return scored, kept


def inside(
    prediction: Tracks, pairs: Pairs, regions: np.ndarray, similarity: Similarity
) -> np.ndarray:
    """Return which predictions lie by more than half in regions that do not overlap, (M,) bool.

    Args:
        pairs: Of all rows of truth and prediction.
        regions: (N,) bool, the rows of the truth that are regions.
    """
    covering = regions[pairs.truth]
    shared = np.bincount(pairs.prediction[covering], pairs.shared[covering], len(prediction))
    return _is_most(shared, tracks_areas(prediction, similarity))


def inside_one(
    prediction: Tracks, pairs: Pairs, regions: np.ndarray, similarity: Similarity
) -> np.ndarray:
    """Return which predictions lie by more than half in a single region, (M,) bool.

    Args:
        pairs: Of all rows of truth and prediction.
        regions: (N,) bool, the rows of the truth that are regions; they may overlap.
    """
    covering = pairs.take(regions[pairs.truth])
    area = tracks_areas(prediction, similarity)[covering.prediction]
    found = np.zeros(len(prediction), bool)
    found[covering.prediction[_is_most(covering.shared, area)]] = True
    return found


def _is_most(shared: np.ndarray, area: np.ndarray) -> np.ndarray:
    most: np.ndarray = (shared / np.maximum(area, EPS) > _SHARE + EPS) & (area > EPS)
    return most
