"""SAM 2 cut into networks that can be exported, with the objects of a frame as a batch.

| network | once a | from | to |
|---|---|---|---|
| `Encoder` | frame | the image | features that all objects share |
| `Prompter` | new object | points or a box | its mask |
| `MaskPrompter` | new object | its mask | what the others answer too |
| `MemoryTracker` | frame, all objects at once | features, memories and pointers | masks |
| `Memorizer` | frame, all objects at once | masks | memories |

They hold the weights of one official model and compute what it computes, in real numbers: a
rotation of channel pairs stands for the product of complex numbers, with the pairs' halves apart,
which the weights of queries and keys are permuted for. What does not depend on the object is
computed once: the first self-attention of memory attention and the memory encoder's projection of
the image. What does not depend on the frame is too: the keys of a memory, but for its age.

C is the width of the model, S the side of the image, G = S / 16 that of the grid of features,
L = S / 4 that of the logits, B the number of objects, M and P of their memories and pointers, D the
width of a memory. Source: Ravi et al., SAM 2, arXiv 2408.00714, and the package `sam2` 1.1.0.
"""

from __future__ import annotations

from typing import Any

import torch
from sam2.modeling.sam2_base import SAM2Base
from sam2.modeling.sam2_utils import get_1d_sine_pe
from torch import Tensor, nn
from torch.nn import functional

from trackers.sam2.attention import CrossAttention, Past, SelfAttention
from trackers.sam2.decoder import Decoder, MaskOutputs, as_tokens

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
_POSITION_WEIGHT = 0.1  # of the position added to features before memory attention


class Encoder(nn.Module):
    """The image of a frame → features."""

    mean: Tensor
    place: Tensor
    deviation: Tensor
    outputs = ("prompt_features", "high0", "high1", "tokens", "memory_pixels")

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.encoder, self.decoder = model.image_encoder, model.sam_mask_decoder
        self.first = SelfAttention(model.memory_attention.layers[0], _side(model))
        self.projection = model.memory_encoder.pix_feat_proj
        self.no_memory = nn.Parameter(model.no_mem_embed.detach().reshape(1, -1, 1, 1))
        nothing = torch.zeros(1, model.hidden_dim, _side(model), _side(model))
        place = _POSITION_WEIGHT * model.image_encoder.neck.position_encoding(nothing)
        self.register_buffer("place", place, persistent=False)
        for name, values in (("mean", _MEAN), ("deviation", _DEVIATION)):
            self.register_buffer(name, 255 * torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return what `outputs` names.

        Args:
            image: (1, S, S, 3) uint8 RGB.

        Returns:
            prompt_features (1, C, G, G); high0 (1, C / 8, 4 G, 4 G); high1 (1, C / 4, 2 G, 2 G);
            tokens (1, G * G, C), after the first self-attention; memory_pixels (1, C, G, G).
        """
        planes = image.to(self.mean.dtype).permute(0, 3, 1, 2)  # TensorRT transposes no bytes
        pixels = (planes - self.mean) / self.deviation
        fine, middle, top = self.encoder(pixels)["backbone_fpn"]
        tokens = (top + self.place).flatten(2).transpose(1, 2)
        return (
            top + self.no_memory,
            self.decoder.conv_s0(fine),
            self.decoder.conv_s1(middle),
            self.first(tokens),
            self.projection(top),
        )


class Prompter(nn.Module):
    """Points or a box on an object → its mask, without memory.

    Args:
        clicks: Whether a prompt is one point, of which there may be several answers: the one of
            largest predicted IoU counts. Otherwise the answer is one, unless it is unstable.
    """

    outputs = ("logits", "iou", "presence", "pointer")

    def __init__(self, model: SAM2Base, *, clicks: bool) -> None:
        super().__init__()
        self.decoder = Decoder(model)
        self.clicks, self.size = clicks, model.image_size
        encoder = model.sam_prompt_encoder
        self.position = encoder.pe_layer
        kinds = [encoder.not_a_point_embed, *encoder.point_embeddings]
        self.kinds = nn.Parameter(torch.cat([kind.weight.detach() for kind in kinds]))

    def forward(
        self, points: Tensor, labels: Tensor, prompt_features: Tensor, high0: Tensor, high1: Tensor
    ) -> MaskOutputs:
        """Return logits (B, L, L), iou (B,), presence (B,), pointer (B, C).

        Args:
            points: (B, N, 2) x and y in pixels of the image of side S.
            labels: (B, N) int64: 0 not on the object, 1 on it, 2 and 3 the top left and bottom
                right corner of a box, -1 nothing.
        """
        where = self.position._pe_encoding((points + 0.5) / self.size)
        nothing = labels == -1
        sparse = torch.where(nothing[..., None], 0.0, where)
        sparse = sparse + functional.embedding(labels + 1, self.kinds)
        padding = self.kinds[:1].expand(sparse.shape[0], 1, -1)
        image = as_tokens(prompt_features).expand(sparse.shape[0], -1, -1)
        found = self.decoder(image, torch.cat([sparse, padding], 1), high0, high1)
        return self.decoder.best(found) if self.clicks else self.decoder.single(found)


class MaskPrompter(nn.Module):
    """The mask of an object → what the other networks answer of it."""

    less: Tensor
    outputs = ("logits", "iou", "presence", "pointer")

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.decoder = Decoder(model)
        self.shrink, self.encoder = model.mask_downsample, model.sam_prompt_encoder
        self.no_memory = nn.Parameter(model.no_mem_embed.detach().reshape(1, -1, 1, 1))
        sides = self.encoder.mask_input_size[0], model.image_size
        rows = functional.interpolate(
            torch.eye(model.image_size)[None, None], sides, mode="bilinear", antialias=True
        )
        self.register_buffer("less", rows[0, 0], persistent=False)

    def forward(
        self, mask: Tensor, prompt_features: Tensor, high0: Tensor, high1: Tensor
    ) -> MaskOutputs:
        """Return logits (B, L, L), iou (B,), presence (B,), pointer (B, C).

        Args:
            mask: (B, S, S) float, 1 on the object, 0 elsewhere.
        """
        logits = self.less @ (20 * mask - 10) @ self.less.T
        mask = mask[:, None]
        dense = self.encoder.mask_downscaling(self.shrink(mask))
        image = as_tokens(prompt_features - self.no_memory).expand(mask.shape[0], -1, -1)
        nothing = self.decoder.nothing.expand(mask.shape[0], -1, -1)
        answer = self.decoder.single(self.decoder(image, nothing, high0, high1, as_tokens(dense)))
        seen = (mask.flatten(1) > 0).any(1)
        pointer = torch.where(seen[:, None], answer[3], self.decoder.absent)
        return logits, torch.ones_like(answer[1]), 20.0 * seen - 10, pointer


class MemoryTracker(nn.Module):
    """Features of a frame, and what is remembered of each object → its mask.

    Args:
        partial: Whether some objects have fewer memories or pointers than others: then the last
            two arguments of `forward` say which are there. Otherwise all are.
    """

    grid: Tensor
    outputs = ("logits", "iou", "presence", "pointer")

    def __init__(self, model: SAM2Base, *, partial: bool) -> None:
        super().__init__()
        self.partial = partial
        layers = model.memory_attention.layers
        self.own = nn.ModuleList(SelfAttention(layer, _side(model)) for layer in layers[1:])
        self.cross = _cross(model)
        self.norm = model.memory_attention.norm
        self.decoder = Decoder(model)
        self.to_position = model.obj_ptr_tpos_proj
        self.reach = model.max_obj_ptrs_in_encoder - 1

    def forward(
        self,
        tokens: Tensor,
        high0: Tensor,
        high1: Tensor,
        memories: Tensor,
        keys: Tensor,
        memory_time: Tensor,
        pointers: Tensor,
        pointer_age: Tensor,
        memory_there: Tensor | None = None,
        pointer_there: Tensor | None = None,
    ) -> MaskOutputs:
        """Return logits (B, L, L), iou (B,), presence (B,), pointer (B, C).

        Args:
            memories: (B, M, G * G, D), in any order.
            keys: (B, M, G * G, C of every layer), likewise.
            memory_time: (B, M) int64, 6 for that of the prompt, 0 for the newest, up to 5.
            pointers: (B, P, C), in any order.
            pointer_age: (B, P) float, frames since.
            memory_there: (B, M) bool.
            pointer_there: (B, P) bool.
        """
        objects, width = memories.shape[0], memories.shape[-1]
        pieces = pointers.reshape(objects, -1, width)
        each = pieces.shape[1] // pointers.shape[1]
        when = get_1d_sine_pe(pointer_age / self.reach, pointers.shape[-1])
        when = self.to_position(when.to(pointers.dtype)).repeat_interleave(each, 1)
        there = None
        if self.partial:
            assert memory_there is not None
            assert pointer_there is not None
            pixels = memory_there.repeat_interleave(memories.shape[2], 1)
            there = torch.cat([pixels, pointer_there.repeat_interleave(each, 1)], 1)[:, None]
        seen = torch.cat([memories.flatten(1, 2), pieces], 1)
        past = Past(memory_time, pieces + when, seen, there)
        x = tokens
        single = len(self.cross) == 1  # ONNX Runtime copies what it splits into one
        for number, key in enumerate([keys] if single else keys.chunk(len(self.cross), -1)):
            x = self.own[number - 1](x) if number else x
            x = self.cross[number](x, key, past)
        nothing = self.decoder.nothing.expand(objects, -1, -1)
        return self.decoder.best(self.decoder(self.norm(x), nothing, high0, high1))


class Memorizer(nn.Module):
    """The masks of a frame → memories."""

    grid: Tensor
    outputs = ("memories", "keys")

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        encoder = model.memory_encoder
        self.shrink, self.fuse, self.project = (
            encoder.mask_downsampler,
            encoder.fuser,
            encoder.out_proj,
        )
        self.absent = nn.Parameter(model.no_obj_embed_spatial.detach()[..., None, None])
        self.size = model.image_size
        self.scale, self.bias = model.sigmoid_scale_for_mem_enc, model.sigmoid_bias_for_mem_enc
        self.cross, side = _cross(model), _side(model)
        grid = encoder.position_encoding(torch.zeros(1, model.mem_dim, side, side))
        self.register_buffer("grid", grid.flatten(2).transpose(1, 2), persistent=False)

    def forward(
        self, logits: Tensor, presence: Tensor, prompted: Tensor, memory_pixels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return memories (B, G * G, D), rounded to bfloat16, and their keys for every layer.

        The official predictor keeps them so. Keys are (B, G * G, C of every layer).

        Args:
            logits: (B, L, L).
            presence: (B,).
            prompted: (B,) bool: masks of a prompt are remembered as what is seen, 0 or 1.
        """
        fine = functional.interpolate(
            logits[:, None], (self.size, self.size), mode="bilinear", align_corners=False
        )
        share = torch.where(
            prompted[:, None, None, None], (fine > 0).to(fine.dtype), fine.sigmoid()
        )
        mask = self.shrink(share * self.scale + self.bias)
        memory = self.project(self.fuse(memory_pixels + mask))
        gone = (presence <= 0).to(memory.dtype)[:, None, None, None]
        memory = memory + gone * self.absent
        memory = memory.flatten(2).transpose(1, 2).to(torch.bfloat16).to(memory.dtype)
        placed = memory + self.grid
        return memory, torch.cat([cross.keys(placed) for cross in self.cross], -1)


def _cross(model: SAM2Base) -> Any:
    """Return the cross-attention of every layer."""
    times = model.maskmem_tpos_enc.detach().reshape(-1, model.mem_dim)
    layers = model.memory_attention.layers
    return nn.ModuleList(CrossAttention(layer, times, _side(model)) for layer in layers)


def _side(model: SAM2Base) -> int:
    return int(model.image_size // model.backbone_stride)
