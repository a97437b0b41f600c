"""Predictions on things that are neither right nor wrong, and the MOTChallenge rules for them.

Source: TrackEval 1.3.0, mot_challenge_2d_box; Milan et al., arXiv 1603.00831, section 4.1.
"""

from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from metrics.family import Benchmark
from metrics.matching.hungarian import EPS, match_frames
from metrics.pairing import Pairs, pair

_THRESHOLD = 0.5
_PEDESTRIAN = 1
_CALLED = ("pedestrian", "person")


def matches(
    truth: Tracks, prediction: Tracks, pairs: Pairs, among: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return the truth row that each prediction matches at IoU 0.5, -1 where there is none, (M,).

    Args:
        among: (N,) and (M,) bool, the rows that are matched with each other.
    """
    chosen = pair(truth, prediction, pairs, among)
    close = chosen.pairs.similarity >= _THRESHOLD - EPS
    matched = match_frames(chosen, np.where(close, chosen.pairs.similarity, 0))
    found = np.full(len(prediction), -1)
    hit = chosen.pairs.take(matched)
    found[chosen.prediction.rows[hit.prediction]] = chosen.truth.rows[hit.truth]
    return found


def pedestrians(distractors: dict[int, str]) -> Benchmark:
    """Return the rules of MOT16 and later: one class, and predictions on distractors left out.

    Args:
        distractors: Class ids, and what they are called on the page.
    """

    def keep(
        truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
    ) -> tuple[np.ndarray, np.ndarray]:
        refuse_other_classes(prediction)
        everything = np.ones(len(truth), bool), np.ones(len(prediction), bool)
        matched = matches(truth, prediction, pairs, everything)
        hit = truth.class_id[matched] if len(truth) else matched
        off = (matched < 0) | ~np.isin(hit, list(distractors))
        return (truth.score != 0) & (truth.class_id == class_id), off

    *names, last = distractors.values()
    return Benchmark(
        card=(
            "Pedestrians marked 1, at any visibility; predictions matched at IoU 0.5 to a "
            f"{', '.join(names)} or {last} are left out; no ignore regions."
        ),
        layout="mot16",
        families=("hota", "clear", "identity", "vace", "count"),
        keep=keep,
        classes=only_pedestrians,
    )


def only_pedestrians(extent: Extent) -> dict[str, int]:
    """Return the name and id of the one class that MOTChallenge scores.

    Raises:
        ValueError: It is not there, or class 1 is something else.
    """
    found = extent.classes.get(_PEDESTRIAN, "missing")
    if found not in _CALLED:
        raise ValueError(f"class {_PEDESTRIAN} is {found}: expected {' or '.join(_CALLED)}")
    return {found: _PEDESTRIAN}


def refuse_other_classes(prediction: Tracks) -> None:
    """Raise ValueError if a prediction is of a class other than pedestrian, 1."""
    other = prediction.class_id != _PEDESTRIAN
    if other.any():
        row = int(np.argmax(other))
        raise ValueError(
            f"the MOTChallenge protocols score class 1 only: class {prediction.class_id[row]} "
            f"found in frame {prediction.frame[row]} (from 0)"
        )
