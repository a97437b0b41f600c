"""How long a target lives and when it is told of, counted as in SORT.

Source: Bewley et al., ICIP 2016, arXiv 1602.00763, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.types import Detections


@dataclass(frozen=True)
class Life:
    """One row a target.

    Args:
        track: Identities.
        class_id: Of the first detection.
        score: Of the last detection.
        missed: Frames since the last detection.
        streak: Frames matched in a row, the first not counted.
    """

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray
    missed: np.ndarray
    streak: np.ndarray


def begin(seen: Detections, born: int) -> Life:
    """Return a new target for each detection, with identities that follow `born`."""
    count = len(seen.score)
    none = np.zeros(count, np.int64)
    return Life(born + 1 + np.arange(count), seen.class_id, seen.score, none, none)


def wait(life: Life) -> Life:
    """Return the targets one frame later, as if none were seen."""
    streak = np.where(life.missed > 0, 0, life.streak)
    return replace(life, missed=life.missed + 1, streak=streak)


def meet(life: Life, score: np.ndarray) -> Life:
    """Return the targets after each was seen, with these scores."""
    return replace(life, score=score, missed=np.zeros_like(life.missed), streak=life.streak + 1)


def told(life: Life, min_hits: int, steps: int) -> np.ndarray:
    """Return which targets are reported, (N,) bool.

    Args:
        min_hits: Matches in a row that a target needs.
        steps: Frames of the sequence so far; in the first `min_hits` no target needs them.
    """
    reported: np.ndarray = (life.missed == 0) & ((life.streak >= min_hits) | (steps <= min_hits))
    return reported
