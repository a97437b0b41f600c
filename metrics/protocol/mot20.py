"""MOT20: pedestrians; predictions on people on vehicles, reflections and the like do not count."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.distractors import keep_pedestrians
from metrics.pairing import Pairs

_DISTRACTORS = (
    2,
    6,
    7,
    8,
    12,
)  # person on vehicle, other vehicle, static person, distractor, reflection
CLASS = "pedestrian"
LAYOUT = "mot16"
CARD = (
    "Pedestrians marked 1, at any visibility; predictions matched at IoU 0.5 to a person on a "
    "vehicle, other vehicle, static person, distractor or reflection are left out; no ignore "
    "regions."
)


def keep(truth: Tracks, prediction: Tracks, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of truth and prediction that are scored, (N,) and (M,) bool."""
    return keep_pedestrians(truth, prediction, pairs, _DISTRACTORS)
