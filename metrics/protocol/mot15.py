"""MOT15, and any set with one class and no distractors: truth rows marked 0 are left out."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.distractors import refuse_other_classes
from metrics.pairing import Pairs

CLASS = "pedestrian"
LAYOUT = "mot15"
CARD = "One class; ground truth marked 0 is not scored; no distractors, no ignore regions."


def keep(truth: Tracks, prediction: Tracks, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of truth and prediction that are scored, (N,) and (M,) bool."""
    refuse_other_classes(prediction)
    return truth.score != 0, np.ones(len(prediction), bool)
