"""The MOTChallenge rule for predictions on things that are neither right nor wrong.

Source: TrackEval 1.3.0, mot_challenge_2d_box; Milan et al., arXiv 1603.00831, section 4.1.
"""

from __future__ import annotations

import numpy as np

from datasets.types import Tracks
from metrics.matching import EPS, match_frames
from metrics.pairing import Pairs, pair

_THRESHOLD = 0.5


def on_classes(
    truth: Tracks, prediction: Tracks, pairs: Pairs, classes: tuple[int, ...]
) -> np.ndarray:
    """Return which predictions match a truth row of one of `classes`, (M,) bool.

    The matching is by IoU of at least 0.5 with all rows of the truth, unscored ones too.
    """
    everything = pair(
        truth, prediction, pairs, np.ones(len(truth), bool), np.ones(len(prediction), bool)
    )
    close = pairs.similarity >= _THRESHOLD - EPS
    matched = match_frames(everything, np.where(close, pairs.similarity, 0))
    hit = pairs.take(matched & np.isin(truth.class_id[pairs.truth], classes))
    found = np.zeros(len(prediction), bool)
    found[hit.prediction] = True
    return found


def keep_pedestrians(
    truth: Tracks, prediction: Tracks, pairs: Pairs, distractors: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that are scored: pedestrians that are marked, predictions off distractors.

    Raises:
        ValueError: A prediction is of a class other than pedestrian, 1.
    """
    refuse_other_classes(prediction)
    kept = ~on_classes(truth, prediction, pairs, distractors)
    return (truth.score != 0) & (truth.class_id == 1), kept


def refuse_other_classes(prediction: Tracks) -> None:
    """Raise ValueError if a prediction is of a class other than pedestrian, 1."""
    other = prediction.class_id != 1
    if other.any():
        row = int(np.argmax(other))
        raise ValueError(
            f"the MOTChallenge protocols score class 1 only: class {prediction.class_id[row]} "
            f"found in frame {prediction.frame[row]}"
        )
