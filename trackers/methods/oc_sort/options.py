"""Options of OC-SORT; the defaults are its authors'."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import NonNegativeFloat, PositiveInt, UnitInterval
from trackers.parts.options import LifeCycle


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of OC-SORT.

    Args:
        iou_threshold: Minimum IoU of a match between a track and a detection, in every association.
        min_score: Detections below this score start no track; they are discarded unless
            `use_low_scores` is set.
        delta_t: Number of frames between the two observations that define a direction.
        inertia: Weight of the direction's agreement, added to the IoU.
        use_low_scores: Whether detections below `min_score` are matched with the tracks left
            unmatched by the first association, as in ByteTrack.
        low_threshold: Minimum score of the detections that `use_low_scores` adds.
    """

    life: LifeCycle = LifeCycle(max_age=30)
    iou_threshold: UnitInterval = 0.3
    min_score: float = 0.6
    delta_t: PositiveInt = 3
    inertia: NonNegativeFloat = 0.2
    use_low_scores: bool = False
    low_threshold: float = 0.1
