"""MOT15, and any set with one class and no distractors: truth rows marked 0 are left out."""

from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from metrics.distractors import refuse_other_classes
from metrics.pairing import Pairs

SIMILARITY = "box"
LAYOUT = "mot15"
CARD = "One class; ground truth marked 0 is not scored; no distractors, no ignore regions."


def classes(extent: Extent) -> dict[str, int]:
    """Return the name and id of the one class that is scored."""
    return {extent.classes[1]: 1}


def keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of truth and prediction that are scored, (N,) and (M,) bool."""
    refuse_other_classes(prediction)
    return truth.score != 0, np.ones(len(prediction), bool)
