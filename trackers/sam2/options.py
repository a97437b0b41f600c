"""Options that methods with SAM 2 share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trackers.engines.runner import Runner
from trackers.option_types import PositiveInt, UnitInterval

Size = Literal["demo", "tiny", "small", "base_plus", "large"]
Overlap = Literal["none", "argmax_logit", "score_priority"]
MemoryPolicy = Literal["sam2", "ds", "samurai", "present"]


@dataclass(frozen=True, kw_only=True)
class Sam2Options:
    """The model, what runs it, and how objects share pixels.

    Args:
        size: Size of the model.
        weights: File of its weights, see `load_networks`.
        overlap: Which object gets a pixel that several objects claim: all of them (`none`), the one
            with the largest logit (`argmax_logit`) or with the largest predicted IoU
            (`score_priority`).
        exclusive: Whether a pixel is remembered as part of one object only, see `Session`.
    """

    size: Size = "demo"
    weights: str = "trackers/weights/sam2_demo.safetensors"
    runner: Runner = Runner()
    overlap: Overlap = "none"
    exclusive: bool = False


@dataclass(frozen=True, kw_only=True)
class DeepStreamMemory:
    """DeepStream's parameters of the memory policy `ds`, with the values it ships.

    Args:
        min_memory_update_confidence: Minimum predicted IoU of a mask that is remembered,
            `minMemoryUpdateConfidence`.
        min_iou_diff_4_memory_update: An object whose box overlaps that of another with a larger IoU
            is not remembered, `minIouDiff4MemoryUpdate`.
        mask_memory_update_interval: Frames from one update of the memory to the next,
            `maskMemoryUpdateInterval`.
    """

    min_memory_update_confidence: UnitInterval = 0.0089
    min_iou_diff_4_memory_update: UnitInterval = 0.3196
    mask_memory_update_interval: PositiveInt = 1
