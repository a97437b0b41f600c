"""Options that several methods share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from trackers.option_types import Choices, NonNegativeInt


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
