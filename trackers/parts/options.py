"""Options that several methods share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from trackers.option_types import Choices, NonNegativeInt, PositiveInt, Range, UnitInterval


def _formats() -> Collection[str]:
    from trackers.parts.result_files import list_formats

    return list_formats()


ResultFormat = Annotated[str, Choices(_formats)]  # one that is read without a ground truth


@dataclass(frozen=True, kw_only=True)
class LifeCycle:
    """When tracks are reported and when they end, as in SORT, see `trackers.parts.life`.

    Args:
        max_age: Frames a track lives on without a detection.
        min_hits: A track is reported once it was matched in so many frames in a row after its
            first; in the first `min_hits` frames of the sequence every track is.
    """

    max_age: NonNegativeInt = 1
    min_hits: NonNegativeInt = 3


@dataclass(frozen=True, kw_only=True)
class DeepSortOptions:
    """Rules of DeepSORT by the names of its authors, see `trackers.parts.deep_sort`.

    Args:
        max_iou_distance: Pairs with a larger 1 - IoU are no match in the IoU stage.
        max_age: A confirmed target can be found again up to so many frames after its last
            detection.
        n_init: Detections in a row, the first included, that confirm a target.
        max_cosine_distance: Pairs with a larger 1 - cosine are no match by appearance.
        nn_budget: The newest so many vectors of a target are what it looks like; None keeps all.
    """

    max_iou_distance: UnitInterval = 0.7
    max_age: NonNegativeInt = 30
    n_init: PositiveInt = 3
    max_cosine_distance: Annotated[float, Range(0, 2)] = 0.2
    nn_budget: PositiveInt | None = 100
