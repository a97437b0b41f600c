"""Options of SORT; the defaults are those of its authors."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import UnitInterval
from trackers.parts.options import LifeCycle


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        iou_threshold: Pairs of a track and a detection with a smaller IoU are no match.
        min_score: Detections with a smaller score are discarded; None keeps all.
    """

    life: LifeCycle = LifeCycle()
    iou_threshold: UnitInterval = 0.3
    min_score: float | None = None
