"""The networks of a SAM 2 model on an engine."""

from __future__ import annotations

from sam2.modeling.sam2_base import SAM2Base

from trackers.engines.torch_engine import TorchArrays, TorchEngine
from trackers.sam2.session import Networks
from trackers.sam2.split import Encoder, MaskPrompter, Memorizer, Prompter, Tracker


def on_torch(model: SAM2Base, arrays: TorchArrays) -> Networks:
    """Return the networks of a model as they are, on PyTorch."""
    side = model.image_size // model.backbone_stride
    return Networks(
        encode=TorchEngine(Encoder(model), arrays),
        prompt=TorchEngine(Prompter(model, clicks=False), arrays),
        click=TorchEngine(Prompter(model, clicks=True), arrays),
        mask_prompt=TorchEngine(MaskPrompter(model), arrays),
        track=TorchEngine(Tracker(model, partial=False), arrays),
        track_partial=TorchEngine(Tracker(model, partial=True), arrays),
        memorize=TorchEngine(Memorizer(model), arrays),
        arrays=arrays,
        image_size=model.image_size,
        memories=model.num_maskmem,
        pointers=model.max_obj_ptrs_in_encoder,
        shapes={
            "memories": (side * side, model.mem_dim),
            "keys": (side * side, _key_width(model)),
        },
        pointer_width=model.hidden_dim,
    )


def _key_width(model: SAM2Base) -> int:
    layers = model.memory_attention.layers
    return sum(layer.cross_attn_image.internal_dim for layer in layers)
