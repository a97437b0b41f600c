"""Options of OC-SORT; the defaults are those of its authors."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import NonNegativeFloat, PositiveInt, UnitInterval
from trackers.parts.options import LifeCycle


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        iou_threshold: Pairs of a track and a detection with a smaller IoU are no match, in every
            association.
        min_score: Detections with a smaller score start no track and are discarded, but see
            `use_low_scores`.
        delta_t: Frames between the two observations that make a direction.
        inertia: Weight of the directions beside IoU.
        use_low_scores: Whether detections below `min_score` are matched with the tracks that the
            first association left, as in ByteTrack.
        low_threshold: Minimum score of those detections.
    """

    life: LifeCycle = LifeCycle(max_age=30)
    iou_threshold: UnitInterval = 0.3
    min_score: float = 0.6
    delta_t: PositiveInt = 3
    inertia: NonNegativeFloat = 0.2
    use_low_scores: bool = False
    low_threshold: float = 0.1
