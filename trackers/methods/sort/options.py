"""Options of SORT; the defaults are its authors'."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import UnitInterval
from trackers.parts.options import LifeCycle


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of SORT.

    Args:
        iou_threshold: Minimum IoU of a match between a track and a detection.
        min_score: Detections below this score are discarded; None keeps all.
    """

    life: LifeCycle = LifeCycle()
    iou_threshold: UnitInterval = 0.3
    min_score: float | None = None
