"""The MOTChallenge rules for distractors: predictions matched with them are not scored.

Source: TrackEval 1.3.0, mot_challenge_2d_box; Milan et al., arXiv 1603.00831, section 4.1.
"""

from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from metrics.family import ScoringProtocol
from metrics.matching.hungarian import EPS, match_frames
from metrics.pairing import Pairs, pair

_THRESHOLD = 0.5
_PEDESTRIAN = 1
_PEDESTRIAN_NAMES = ("pedestrian", "person")


def match_truth_rows(
    truth: Tracks, prediction: Tracks, pairs: Pairs, among: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return the ground truth row matched with each prediction at IoU 0.5, -1 without one, (M,).

    Args:
        among: (N,) and (M,) bool, the rows that take part in the matching.
    """
    chosen = pair(truth, prediction, pairs, among)
    close = np.flatnonzero(chosen.pairs.similarity >= _THRESHOLD - EPS)
    matched = match_frames(chosen, chosen.pairs.similarity[close], close)
    found = np.full(len(prediction), -1)
    matches = chosen.pairs.take(close[matched])
    found[chosen.prediction.rows[matches.prediction]] = chosen.truth.rows[matches.truth]
    return found


def pedestrian_protocol(distractors: dict[int, str]) -> ScoringProtocol:
    """Return the protocol of MOT16 and later: one class, predictions on distractors excluded.

    Args:
        distractors: Class ids and their names on the page.
    """

    def keep(
        truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
    ) -> tuple[np.ndarray, np.ndarray]:
        refuse_other_classes(prediction)
        everything = np.ones(len(truth), bool), np.ones(len(prediction), bool)
        matched = match_truth_rows(truth, prediction, pairs, everything)
        matched_class = truth.class_id[matched] if len(truth) else matched
        kept = (matched < 0) | ~np.isin(matched_class, list(distractors))
        return (truth.score != 0) & (truth.class_id == class_id), kept

    *names, last = distractors.values()
    return ScoringProtocol(
        description=(
            "Pedestrians marked 1, at any visibility; predictions matched at IoU 0.5 to a "
            f"{', '.join(names)} or {last} are excluded; no ignore regions."
        ),
        layout="mot16",
        families=("hota", "clear", "identity", "vace", "count"),
        keep=keep,
        classes=only_pedestrians,
    )


def only_pedestrians(extent: Extent) -> dict[str, int]:
    """Return the name and id of the only class that MOTChallenge scores.

    Raises:
        ValueError: Class 1 is missing or is another class.
    """
    found = extent.classes.get(_PEDESTRIAN, "missing")
    if found not in _PEDESTRIAN_NAMES:
        expected = " or ".join(_PEDESTRIAN_NAMES)
        raise ValueError(f"class {_PEDESTRIAN}: expected {expected}, found {found}")
    return {found: _PEDESTRIAN}


def refuse_other_classes(prediction: Tracks) -> None:
    """Raise ValueError if a prediction has a class other than 1, pedestrian."""
    other = prediction.class_id != _PEDESTRIAN
    if other.any():
        row = int(np.argmax(other))
        raise ValueError(
            f"prediction, frame {prediction.frame[row]} (from 0): expected class "
            f"{_PEDESTRIAN} only, as the MOTChallenge protocols require, found "
            f"{prediction.class_id[row]}: several classes are scored with --protocol plain and "
            "classes.yaml"
        )
