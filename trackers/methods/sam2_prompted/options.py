"""Options of SAM 2 with a prompt for each object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trackers.option_types import PositiveInt
from trackers.sam2.options import MemoryPolicy, Sam2Options


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        prompt: What an object is prompted with: its box, its mask, or points on its mask.
        points: Number of those points.
        prompts: First-frame boxes as JSON, instead of the prompts of the sequence; `{root}` and
            `{sequence}` are filled in.
        mask_threshold: A pixel with a higher logit is on an object.
        memory: Which masks are remembered, see `trackers.sam2.policies`.
    """

    sam2: Sam2Options = Sam2Options()
    prompt: Literal["box", "mask", "points"] = "box"
    points: PositiveInt = 3
    prompts: str | None = None
    mask_threshold: float = 0.0
    memory: MemoryPolicy = "sam2"
