"""Track life cycle of SORT: when tracks start, are reported and end.

Source: Bewley et al., ICIP 2016, arXiv 1602.00763, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.types import Detections


@dataclass(frozen=True)
class TrackStatus:
    """Life-cycle counters, one row per target.

    Args:
        track: Track ids.
        class_id: Class ids of the first detections.
        score: Scores of the latest detections.
        missed: Frames since the latest detection.
        streak: Consecutive frames with a match, the first detection not counted.
    """

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray
    missed: np.ndarray
    streak: np.ndarray


def initiate(detections: Detections, initiated: int) -> TrackStatus:
    """Return a new target for each detection.

    Args:
        initiated: Number of targets initiated before; the new ids start after it.
    """
    count = len(detections.score)
    zeros = np.zeros(count, np.int64)
    track = initiated + 1 + np.arange(count)
    return TrackStatus(track, detections.class_id, detections.score, zeros, zeros)


def predict(status: TrackStatus) -> TrackStatus:
    """Return the status in the next frame, before any target is matched."""
    streak = np.where(status.missed > 0, 0, status.streak)
    return replace(status, missed=status.missed + 1, streak=streak)


def mark_matched(status: TrackStatus, score: np.ndarray) -> TrackStatus:
    """Return the status after every target was matched to a detection with this score."""
    missed = np.zeros_like(status.missed)
    return replace(status, score=score, missed=missed, streak=status.streak + 1)


def is_reported(status: TrackStatus, min_hits: int, steps: int) -> np.ndarray:
    """Return which targets are reported, (N,) bool.

    Args:
        min_hits: Minimum streak of a reported target.
        steps: Frames of the sequence so far; in the first `min_hits` frames no streak is needed.
    """
    confirmed = (status.streak >= min_hits) | (steps <= min_hits)
    reported: np.ndarray = (status.missed == 0) & confirmed
    return reported
