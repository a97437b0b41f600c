"""MOT15: one class, nothing to leave out but truth rows marked 0."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.family import Benchmark
from metrics.pairing import Pairs
from metrics.preprocessing.distractors import only_pedestrians, refuse_other_classes


def _keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    refuse_other_classes(prediction)
    return (truth.score != 0) & (truth.class_id == class_id), np.ones(len(prediction), bool)


BENCHMARK = Benchmark(
    card="One class; ground truth marked 0 is not scored; no distractors, no ignore regions.",
    layout="mot15",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=_keep,
    classes=only_pedestrians,
)
