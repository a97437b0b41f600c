"""DanceTrack, SportsMOT and custom data: every class except ignored ones."""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.family import ScoringProtocol
from metrics.pairing import Pairs
from metrics.preprocessing.distractors import match_truth_rows


def _keep(
    truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    own, kept = truth.class_id == class_id, prediction.class_id == class_id
    ignored = np.isin(truth.class_id, truth.extent.ignored)
    if ignored.any():
        matched = match_truth_rows(truth, prediction, pairs, (own | ignored, kept))
        kept &= ~np.append(ignored, False)[matched]  # index -1, no match, is the last
    return own & (truth.score != 0), kept


PROTOCOL = ScoringProtocol(
    description=(
        "Every class on its own; ground truth marked 0 is not scored; predictions matched at IoU "
        "0.5 with an object of an ignored class are excluded; no ignore regions."
    ),
    layout="plain",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=_keep,
)
