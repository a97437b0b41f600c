"""MOT16: pedestrians; predictions on people on vehicles, reflections and the like do not count."""

from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from metrics.distractors import keep_pedestrians
from metrics.pairing import Pairs

_DISTRACTORS = (2, 7, 8, 12)  # person on vehicle, static person, distractor, reflection
SIMILARITY = "box"
LAYOUT = "mot16"
CARD = (
    "Pedestrians marked 1, at any visibility; predictions matched at IoU 0.5 to a person on a "
    "vehicle, static person, distractor or reflection are left out; no ignore regions."
)


def classes(extent: Extent) -> dict[str, int]:
    """Return the name and id of the one class that is scored."""
    return {extent.classes[1]: 1}


def keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of truth and prediction that are scored, (N,) and (M,) bool."""
    return keep_pedestrians(truth, prediction, pairs, _DISTRACTORS)
