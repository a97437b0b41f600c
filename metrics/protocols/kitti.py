"""KITTI tracking, boxes in the image: cars and pedestrians.

Source: TrackEval 1.3.0, kitti_2d_box; equal to it (tests/parity/test_parity_files.py).
"""

from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from metrics.family import Benchmark
from metrics.matching.hungarian import EPS
from metrics.pairing import Pairs
from metrics.preprocessing.distractors import matches
from metrics.preprocessing.ignore_regions import inside_one

_SCORED = {1: "car", 4: "pedestrian"}
_DISTRACTOR = {1: 2, 4: 5}  # vans look like cars, people sitting like pedestrians
_LEAST_HEIGHT = 25  # pixels; an unmatched prediction no taller is left out


def _keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    own = truth.class_id == class_id
    distracting = truth.class_id == _DISTRACTOR[class_id]
    scored, kept = own & (truth.score != 0), prediction.class_id == class_id
    matched = matches(truth, prediction, pairs, (own | distracting, kept))
    height = prediction.box[:, 3] - prediction.box[:, 1]
    regions = np.isin(truth.class_id, truth.extent.ignored)
    doubtful = (height <= _LEAST_HEIGHT + EPS) | inside_one(prediction, pairs, regions, "box")
    on_scored = np.append(scored, False)[matched]  # -1, no match, is the last
    return scored, kept & np.where(matched < 0, ~doubtful, on_scored)


def _classes(extent: Extent) -> dict[str, int]:
    for key, name in _SCORED.items():
        if extent.classes.get(key) != name:
            found = extent.classes.get(key)
            raise ValueError(f"class {key} is {found!r}, the KITTI protocol expects {name!r}")
    return {name: key for key, name in _SCORED.items()}


BENCHMARK = Benchmark(
    card=(
        "Cars and pedestrians, each on its own; a prediction matched at IoU 0.5 to a van, a person "
        "sitting or what is occluded or truncated too much is left out, and so is one without a "
        "match that is at most 25 pixels tall or lies by more than half in a DontCare region."
    ),
    layout="kitti",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=_keep,
    classes=_classes,
)
