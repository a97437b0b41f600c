"""One's own data, DanceTrack, SportsMOT: every class but those that are ignored."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.family import Benchmark
from metrics.pairing import Pairs
from metrics.preprocessing.distractors import matches


def _keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    own, kept = truth.class_id == class_id, prediction.class_id == class_id
    ignored = np.isin(truth.class_id, truth.extent.ignored)
    if ignored.any():
        matched = matches(truth, prediction, pairs, (own | ignored, kept))
        kept &= ~np.append(ignored, False)[matched]  # -1, no match, is the last
    return own & (truth.score != 0), kept


BENCHMARK = Benchmark(
    card=(
        "Every class, each on its own; ground truth marked 0 is not scored; a prediction matched "
        "at IoU 0.5 to what is of an ignored class is left out; no regions to ignore."
    ),
    layout="plain",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=_keep,
)
