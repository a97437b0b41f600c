"""Options that limit the objects Mask R-CNN outputs."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import PositiveInt, UnitInterval


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of the objects that are kept.

    Args:
        min_score: Score threshold; objects with a higher score are kept.
        max_overlap: Maximum IoU with an object of the same class and a higher score.
        max_objects: Maximum number of objects in an image.
    """

    min_score: UnitInterval = 0.05
    max_overlap: UnitInterval = 0.5
    max_objects: PositiveInt = 10
