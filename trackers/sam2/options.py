"""Options that the methods with SAM 2 share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from trackers.engines.runner import Runner
from trackers.option_types import PositiveInt, Suffix, UnitInterval

Size = Literal["demo", "tiny", "small", "base_plus", "large"]
ModelConfig = Annotated[str, Suffix(".yaml")]
Overlap = Literal["none", "argmax_logit", "score_priority"]
MemoryPolicy = Literal["sam2", "ds", "samurai", "present"]


@dataclass(frozen=True, kw_only=True)
class Sam2Options:
    """The model, the engine that runs it, and how objects share pixels.

    Args:
        size: Size of the model, or a model configuration file as in the package `sam2`.
        weights: File of the model's weights, see `load_networks`.
        runner: The engine, its device and its precision.
        overlap: Which object gets a pixel that several objects claim: all of them (`none`), the one
            with the largest logit (`argmax_logit`) or with the largest predicted IoU
            (`score_priority`).
        exclusive: Whether a pixel belongs to one object only in the memories, see `Session`.
    """

    size: Size | ModelConfig = "demo"
    weights: str = "trackers/weights/sam2_demo.safetensors"
    runner: Runner = Runner()
    overlap: Overlap = "none"
    exclusive: bool = False


@dataclass(frozen=True, kw_only=True)
class DeepStreamMemory:
    """Parameters of the memory policy `ds`, with DeepStream's default values.

    Args:
        min_memory_update_confidence: Minimum predicted IoU of a mask that becomes a memory,
            `minMemoryUpdateConfidence`.
        min_iou_diff_4_memory_update: Maximum IoU of the object's box with the box of another
            object; above it the mask does not become a memory, `minIouDiff4MemoryUpdate`.
        mask_memory_update_interval: Number of frames from one memory update to the next,
            `maskMemoryUpdateInterval`.
    """

    min_memory_update_confidence: UnitInterval = 0.0089
    min_iou_diff_4_memory_update: UnitInterval = 0.3196
    mask_memory_update_interval: PositiveInt = 1
