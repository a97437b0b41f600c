"""SAM 2 split into networks that can be exported, with the objects of a frame as the batch.

| network | runs once per | input | output |
|---|---|---|---|
| `Encoder` | frame | image | features that all objects share |
| `Prompter` | new object | points or a box | mask |
| `MaskPrompter` | new object | mask | mask, object pointer and scores |
| `MemoryTracker` | frame, all objects at once | features, memories and pointers | masks |
| `Memorizer` | frame, all objects at once | masks | memories |

The networks hold the weights of one official model and compute the same results in real arithmetic:
rotary encoding rotates pairs of channels instead of multiplying complex numbers. The two channels
of a pair are stored half the width apart, and the weights of queries and keys are permuted to
match. Everything that does not depend on the object is computed once per frame: the first
self-attention of memory attention and the memory encoder's projection of the image. Everything that
does not depend on the current frame is computed once per memory: its keys, without its age.

C is the width of the model, S the side of the image, G = S / 16 that of the feature grid, L = S / 4
that of the logits, B the number of objects, M and P the numbers of their memories and pointers, D
the width of a memory. Source: Ravi et al., SAM 2, arXiv 2408.00714, and the package `sam2` 1.1.0.
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
_POSITION_WEIGHT = 0.1  # weight of the position encoding added before memory attention


class Encoder(nn.Module):
    """Encode the image of a frame into features."""

    mean: Tensor
    place: Tensor
    deviation: Tensor
    outputs = ("prompt_features", "high0", "high1", "tokens", "memory_pixels")

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.encoder, self.decoder = model.image_encoder, model.sam_mask_decoder
        self.first = SelfAttention(model.memory_attention.layers[0], _grid_side(model))
        self.projection = model.memory_encoder.pix_feat_proj
        self.no_memory = nn.Parameter(model.no_mem_embed.detach().reshape(1, -1, 1, 1))
        blank = torch.zeros(1, model.hidden_dim, _grid_side(model), _grid_side(model))
        place = _POSITION_WEIGHT * model.image_encoder.neck.position_encoding(blank)
        self.register_buffer("place", place, persistent=False)
        for name, values in (("mean", _MEAN), ("deviation", _DEVIATION)):
            self.register_buffer(name, 255 * torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return the arrays named in `outputs`.

        Args:
            image: (1, S, S, 3) uint8 RGB.

        Returns:
            prompt_features (1, C, G, G); high0 (1, C / 8, 4 G, 4 G); high1 (1, C / 4, 2 G, 2 G);
            tokens (1, G * G, C), after the first self-attention; memory_pixels (1, C, G, G).
        """
        planes = image.to(self.mean.dtype).permute(0, 3, 1, 2)  # TensorRT cannot transpose uint8
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
    """Predict the mask of an object from points or a box, without memory.

    Args:
        clicks: Whether a prompt is a single point, which is ambiguous: the best of three masks by
            predicted IoU is output. Otherwise it is the decoder's single mask, unless that is
            unstable.
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
            points: (B, N, 2), x and y in pixels of the image of side S.
            labels: (B, N) int64, 0 for a point off the object, 1 for one on it, 2 and 3 for the top
                left and bottom right corner of a box, -1 for padding.
        """
        encoded = self.position._pe_encoding((points + 0.5) / self.size)
        is_padding = labels == -1
        sparse = torch.where(is_padding[..., None], 0.0, encoded)
        sparse = sparse + functional.embedding(labels + 1, self.kinds)
        padding = self.kinds[:1].expand(sparse.shape[0], 1, -1)
        image = as_tokens(prompt_features).expand(sparse.shape[0], -1, -1)
        decoded = self.decoder(image, torch.cat([sparse, padding], 1), high0, high1)
        return self.decoder.best(decoded) if self.clicks else self.decoder.single(decoded)


class MaskPrompter(nn.Module):
    """Turn the mask of an object into the outputs that the other networks have."""

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
            mask: (B, S, S) float, 1 on the object and 0 elsewhere.
        """
        logits = self.less @ (20 * mask - 10) @ self.less.T
        mask = mask[:, None]
        dense = self.encoder.mask_downscaling(self.shrink(mask))
        image = as_tokens(prompt_features - self.no_memory).expand(mask.shape[0], -1, -1)
        nothing = self.decoder.nothing.expand(mask.shape[0], -1, -1)
        decoded = self.decoder(image, nothing, high0, high1, as_tokens(dense))
        outputs = self.decoder.single(decoded)
        visible = (mask.flatten(1) > 0).any(1)
        pointer = torch.where(visible[:, None], outputs[3], self.decoder.absent)
        return logits, torch.ones_like(outputs[1]), 20.0 * visible - 10, pointer


class MemoryTracker(nn.Module):
    """Predict each object's mask from the features of a frame, its memories and its pointers.

    Args:
        partial: Whether some memories or pointers are missing. The last two arguments of `forward`
            then mark those in use; otherwise all are.
    """

    grid: Tensor
    outputs = ("logits", "iou", "presence", "pointer")

    def __init__(self, model: SAM2Base, *, partial: bool) -> None:
        super().__init__()
        self.partial = partial
        layers = model.memory_attention.layers
        self.own = nn.ModuleList(SelfAttention(layer, _grid_side(model)) for layer in layers[1:])
        self.cross = _cross(model)
        self.norm = model.memory_attention.norm
        self.decoder = Decoder(model)
        self.to_position = model.obj_ptr_tpos_proj
        self.max_age = model.max_obj_ptrs_in_encoder - 1

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
            keys: (B, M, G * G, C of every layer), keys of the memories in the same order.
            memory_time: (B, M) int64, 6 for the prompt's memory, otherwise the age rank from 0 for
                the newest to 5.
            pointers: (B, P, C), in any order.
            pointer_age: (B, P) float, age in frames.
            memory_there: (B, M) bool, memories in use.
            pointer_there: (B, P) bool, pointers in use.
        """
        objects, width = memories.shape[0], memories.shape[-1]
        pieces = pointers.reshape(objects, -1, width)
        each = pieces.shape[1] // pointers.shape[1]
        age = get_1d_sine_pe(pointer_age / self.max_age, pointers.shape[-1])
        age = self.to_position(age.to(pointers.dtype)).repeat_interleave(each, 1)
        valid = None
        if self.partial:
            assert memory_there is not None
            assert pointer_there is not None
            pixels = memory_there.repeat_interleave(memories.shape[2], 1)
            valid = torch.cat([pixels, pointer_there.repeat_interleave(each, 1)], 1)[:, None]
        values = torch.cat([memories.flatten(1, 2), pieces], 1)
        past = Past(memory_time, pieces + age, values, valid)
        x = tokens
        single = len(self.cross) == 1  # ONNX Runtime copies an array that is split into one part
        for number, key in enumerate([keys] if single else keys.chunk(len(self.cross), -1)):
            x = self.own[number - 1](x) if number else x
            x = self.cross[number](x, key, past)
        nothing = self.decoder.nothing.expand(objects, -1, -1)
        return self.decoder.best(self.decoder(self.norm(x), nothing, high0, high1))


class Memorizer(nn.Module):
    """Encode the masks of a frame into memories."""

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
        self.cross, side = _cross(model), _grid_side(model)
        grid = encoder.position_encoding(torch.zeros(1, model.mem_dim, side, side))
        self.register_buffer("grid", grid.flatten(2).transpose(1, 2), persistent=False)

    def forward(
        self, logits: Tensor, presence: Tensor, prompted: Tensor, memory_pixels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return memories (B, G * G, D) and their keys (B, G * G, C of every layer).

        Memories are rounded to bfloat16, as the official predictor stores them.

        Args:
            logits: (B, L, L).
            presence: (B,), object scores.
            prompted: (B,) bool; masks of prompts are binarised before they are encoded.
        """
        fine = functional.interpolate(
            logits[:, None], (self.size, self.size), mode="bilinear", align_corners=False
        )
        probability = torch.where(
            prompted[:, None, None, None], (fine > 0).to(fine.dtype), fine.sigmoid()
        )
        mask = self.shrink(probability * self.scale + self.bias)
        memory = self.project(self.fuse(memory_pixels + mask))
        invisible = (presence <= 0).to(memory.dtype)[:, None, None, None]
        memory = memory + invisible * self.absent
        memory = memory.flatten(2).transpose(1, 2).to(torch.bfloat16).to(memory.dtype)
        placed = memory + self.grid
        return memory, torch.cat([cross.keys(placed) for cross in self.cross], -1)


def _cross(model: SAM2Base) -> Any:
    """Return the cross-attention of every layer."""
    times = model.maskmem_tpos_enc.detach().reshape(-1, model.mem_dim)
    layers = model.memory_attention.layers
    return nn.ModuleList(CrossAttention(layer, times, _grid_side(model)) for layer in layers)


def _grid_side(model: SAM2Base) -> int:
    return int(model.image_size // model.backbone_stride)
