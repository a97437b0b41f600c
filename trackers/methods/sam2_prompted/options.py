"""Options of SAM 2 with one prompt per object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trackers.option_types import PositiveInt
from trackers.sam2.options import MemoryPolicy, Sam2Options


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of SAM 2 with one prompt per object.

    Args:
        prompt: Kind of prompt: the object's `box`, its `mask`, `points` on its mask, or `drawn`,
            which is box, mask or points as each object was drawn in LabelMe.
        point_count: Number of points per object for `points` prompts.
        prompts: JSON file of first-frame boxes or of LabelMe, or a folder of LabelMe files, used
            instead of the sequence's prompts; `{root}` is replaced by the data set's folder and
            `{sequence}` by the sequence's name.
        mask_threshold: Logit above which a pixel belongs to the object's mask.
        memory: Policy for which masks enter the memory bank, see `trackers.sam2.policies`.
    """

    sam2: Sam2Options = Sam2Options()
    prompt: Literal["box", "mask", "points", "drawn"] = "box"
    point_count: PositiveInt = 3
    prompts: str | None = None
    mask_threshold: float = 0.0
    memory: MemoryPolicy = "sam2"
