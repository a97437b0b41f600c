"""KITTI-MOTS and MOTSChallenge: masks of cars and pedestrians, regions to ignore.

Source: Voigtlaender et al., MOTS, CVPR 2019; equal to TrackEval 1.3.0 (tests/test_parity.py).
"""

from __future__ import annotations

import numpy as np

from datasets import rle
from datasets.mots_text import IGNORE
from datasets.types import Extent, Tracks
from metrics.matching import EPS, match_frames
from metrics.pairing import Pairs, pair

SIMILARITY = "disjoint masks"
LAYOUT = "kitti_mots"
CARD = (
    "Cars and pedestrians, each on its own; a prediction without a match at IoU 0.5 of which more "
    "than half lies in a region to ignore is left out; masks of a frame may not overlap."
)

_THRESHOLD = 0.5


def classes(extent: Extent) -> dict[str, int]:
    """Return the names and ids of the classes that are scored."""
    return {name: key for key, name in extent.classes.items() if key != IGNORE}


def keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of truth and prediction that are scored, (N,) and (M,) bool."""
    scored, kept = truth.class_id == class_id, prediction.class_id == class_id
    everything = pair(truth, prediction, pairs, scored, kept)
    close = everything.pairs.similarity >= _THRESHOLD - EPS
    matched = match_frames(everything, np.where(close, everything.pairs.similarity, 0))
    free = np.ones(len(everything.prediction), bool)
    free[everything.pairs.prediction[matched]] = False
    doubtful = np.flatnonzero(kept)[free]
    kept[doubtful[_ignored(truth, prediction.take(doubtful))]] = False
    return scored, kept


def _ignored(truth: Tracks, prediction: Tracks) -> np.ndarray:
    """Return which predictions lie by more than half in regions to ignore, (M,) bool."""
    extent, regions = truth.extent, truth.take(truth.class_id == IGNORE)
    ignored = np.zeros(len(prediction), bool)
    for frame in np.intersect1d(regions.frame, prediction.frame):
        rows = slice(*np.searchsorted(prediction.frame, [frame, frame + 1]))
        here = slice(*np.searchsorted(regions.frame, [frame, frame + 1]))
        assert prediction.rle is not None
        assert regions.rle is not None
        inside = rle.share_inside(
            prediction.rle[rows], regions.rle[here], extent.height, extent.width
        )
        ignored[rows] = inside.sum(axis=1) > _THRESHOLD + EPS
    return ignored
