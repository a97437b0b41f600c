"""Options that several methods share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from trackers.option_types import Choices, NonNegativeInt, PositiveInt, Range, UnitInterval


def _formats() -> Collection[str]:
    from trackers.parts.result_files import list_formats

    return list_formats()


ResultFormat = Annotated[str, Choices(_formats)]  # formats that can be read without ground truth


@dataclass(frozen=True, kw_only=True)
class LifeCycle:
    """Track life cycle as in SORT, see `trackers.parts.life_cycle`.

    Args:
        max_age: Maximum number of consecutive frames without a detection that a track survives.
        min_hits: Number of consecutive frames, after the first, in which a track must be matched
            before it is reported. In the first `min_hits` frames of a sequence every matched track
            is reported.
    """

    max_age: NonNegativeInt = 1
    min_hits: NonNegativeInt = 3


@dataclass(frozen=True, kw_only=True)
class DeepSortOptions:
    """Parameters of DeepSORT, named as by its authors, see `trackers.parts.deep_sort`.

    Args:
        max_iou_distance: Maximum 1 - IoU of a match in the IoU stage.
        max_age: Maximum number of frames since its last detection after which a confirmed target
            can still be matched.
        n_init: Number of consecutive detections, the first included, that confirm a target.
        max_cosine_distance: Maximum 1 - cosine similarity of a match by appearance.
        nn_budget: Number of latest embeddings kept per target; None keeps all.
    """

    max_iou_distance: UnitInterval = 0.7
    max_age: NonNegativeInt = 30
    n_init: PositiveInt = 3
    max_cosine_distance: Annotated[float, Range(0, 2)] = 0.2
    nn_budget: PositiveInt | None = 100
