"""MOT15: one class; only ground truth rows marked 0 are excluded."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.family import ScoringProtocol
from metrics.pairing import Pairs
from metrics.preprocessing.distractors import only_pedestrians, refuse_other_classes


def _keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    refuse_other_classes(prediction)
    return (truth.score != 0) & (truth.class_id == class_id), np.ones(len(prediction), bool)


PROTOCOL = ScoringProtocol(
    description=(
        "One class; ground truth marked 0 is not scored; no distractors, no ignore regions."
    ),
    layout="mot15",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=_keep,
    classes=only_pedestrians,
)
