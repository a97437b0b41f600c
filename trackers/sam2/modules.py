"""The seven networks of a SAM 2 model by name, and example inputs for them."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

from trackers.sam2.split import Encoder, MaskPrompter, Memorizer, MemoryTracker, Prompter

FRAME_INPUTS = ("image", "prompt_features", "high0", "high1", "tokens", "memory_pixels")
_ONLY_PARTIAL = ("memory_there", "pointer_there")


def sizes(model: SAM2Base) -> dict[str, Any]:
    """Return the sizes of a model that `Networks` needs beside the engines."""
    tokens = (model.image_size // model.backbone_stride) ** 2
    return {
        "image_size": model.image_size,
        "memories": model.num_maskmem,
        "pointers": model.max_obj_ptrs_in_encoder,
        "shapes": {"memories": [tokens, model.mem_dim], "keys": [tokens, _key_width(model)]},
        "pointer_width": model.hidden_dim,
    }


def _key_width(model: SAM2Base) -> int:
    """Return the width of a memory's keys, all layers together."""
    layers = model.memory_attention.layers
    return sum(layer.cross_attn_image.internal_dim for layer in layers)


def modules(model: SAM2Base) -> dict[str, nn.Module]:
    """Return the networks, which share the weights of a model, by their names in `Networks`."""
    return {
        "encode": Encoder(model),
        "prompt": Prompter(model, clicks=False),
        "click": Prompter(model, clicks=True),
        "mask_prompt": MaskPrompter(model),
        "track": MemoryTracker(model, partial=False),
        "track_partial": MemoryTracker(model, partial=True),
        "memorize": Memorizer(model),
    }


def input_names(module: nn.Module) -> list[str]:
    """Return the names of a network's inputs."""
    names = list(inspect.signature(module.forward).parameters)
    partial = not isinstance(module, MemoryTracker) or module.partial
    return [name for name in names if partial or name not in _ONLY_PARTIAL]


def object_inputs(module: nn.Module) -> list[str]:
    """Return the names of a network's inputs with one row for each object."""
    return [name for name in input_names(module) if name not in FRAME_INPUTS]


def example_inputs(model: SAM2Base, objects: int, seed: int = 0) -> dict[str, Tensor]:
    """Return a random array of the right shape and range for each input of all networks.

    The first object is new: it has one memory and one pointer. The last object has all of them.
    """
    random = torch.Generator().manual_seed(seed)
    size, width, depth = model.image_size, model.hidden_dim, model.mem_dim
    side, memories, pointers = size // 16, model.num_maskmem, model.max_obj_ptrs_in_encoder

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random)

    def below(limit: int, *shape: int) -> Tensor:
        return torch.randint(limit, shape, generator=random)

    filled = torch.linspace(0, 1, objects)[:, None]
    if objects == 1:
        filled = filled + 1
    return {
        "image": below(256, 1, size, size, 3).to(torch.uint8),
        "prompt_features": normal(1, width, side, side),
        "high0": normal(1, width // 8, 4 * side, 4 * side),
        "high1": normal(1, width // 4, 2 * side, 2 * side),
        "tokens": normal(1, side * side, width),
        "memory_pixels": normal(1, width, side, side),
        "points": below(size, objects, 2, 2).float(),
        "labels": torch.tensor([[2, 3]] * objects),
        "mask": (normal(objects, 1, 1) + normal(1, size, size) > 0).float(),
        "memories": normal(objects, memories, side * side, depth),
        "keys": normal(objects, memories, side * side, _key_width(model)),
        "memory_time": below(memories, objects, memories),
        "pointers": normal(objects, pointers, width),
        "pointer_age": below(100, objects, pointers).float(),
        "memory_there": torch.arange(memories) <= filled * (memories - 1),
        "pointer_there": torch.arange(pointers) <= filled * (pointers - 1),
        "logits": 8 * normal(objects, 4 * side, 4 * side),
        "presence": normal(objects),
        "prompted": torch.arange(objects) % 2 == 1,
    }
