"""KITTI tracking, boxes in the image: cars and pedestrians.

Source: TrackEval 1.3.0, kitti_2d_box; equal to it (tests/parity/test_parity_files.py).
"""

from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from metrics.family import ScoringProtocol
from metrics.matching.hungarian import EPS
from metrics.pairing import Pairs
from metrics.preprocessing.distractors import match_truth_rows
from metrics.preprocessing.ignore_regions import in_one_ignore_region

_SCORED = {1: "car", 4: "pedestrian"}
_DISTRACTOR = {1: 2, 4: 5}  # vans look like cars, sitting people like pedestrians
_MAX_IGNORED_HEIGHT = 25  # pixels, inclusive; unmatched predictions up to it are excluded


def _keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    own = truth.class_id == class_id
    distracting = truth.class_id == _DISTRACTOR[class_id]
    scored, kept = own & (truth.score != 0), prediction.class_id == class_id
    matched = match_truth_rows(truth, prediction, pairs, (own | distracting, kept))
    height = prediction.box[:, 3] - prediction.box[:, 1]
    ignore_regions = np.isin(truth.class_id, truth.extent.ignored)
    in_region = in_one_ignore_region(prediction, pairs, ignore_regions, "box")
    ignored = (height <= _MAX_IGNORED_HEIGHT + EPS) | in_region
    on_scored = np.append(scored, False)[matched]  # index -1, no match, is the last
    return scored, kept & np.where(matched < 0, ~ignored, on_scored)


def _classes(extent: Extent) -> dict[str, int]:
    for key, name in _SCORED.items():
        if extent.classes.get(key) != name:
            found = extent.classes.get(key)
            raise ValueError(
                f"class {key}: expected {name!r} for the KITTI protocol, found {found!r}"
            )
    return {name: key for key, name in _SCORED.items()}


PROTOCOL = ScoringProtocol(
    description=(
        "Cars and pedestrians, each class on its own. Predictions matched at IoU 0.5 with a van, a "
        "sitting person or a heavily occluded or truncated object are excluded. Unmatched "
        "predictions at most 25 pixels tall, or more than half inside a DontCare region, are "
        "excluded as well."
    ),
    layout="kitti",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=_keep,
    classes=_classes,
)
