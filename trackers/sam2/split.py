"""SAM 2 cut into networks that can be exported, with the objects of a frame as a batch.

| network | once a | from | to |
|---|---|---|---|
| `Encoder` | frame | the image | features that all objects share |
| `Prompter` | new object | points or a box | its mask |
| `MaskPrompter` | new object | its mask | what the others answer too |
| `Tracker` | frame, all objects at once | features, memories and pointers | masks |
| `Memorizer` | frame, all objects at once | masks | memories |

They hold the weights of one official model and compute what it computes, in real numbers: a rotation
of channel pairs stands for the product of complex numbers, with the pairs' halves apart, which the
weights of queries and keys are permuted for. What does not depend on the object is computed once:
the first self-attention of memory attention and the memory encoder's projection of the image.

C is the width of the model, S the side of the image, G = S / 16 that of the grid of features,
L = S / 4 that of the logits, B the number of objects, M and P of their memories and pointers, D the
width of a memory. Source: Ravi et al., SAM 2, arXiv 2408.00714, and the package `sam2` 1.1.0.
"""

from __future__ import annotations

import torch
from sam2.modeling.memory_attention import MemoryAttentionLayer
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from sam2.modeling.sam2_utils import get_1d_sine_pe
from torch import Tensor, nn
from torch.nn import functional

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
_POSITION_WEIGHT = 0.1  # of the position added to features before memory attention
_STABLE, _MARGIN = 0.98, 0.05  # a mask whose area hardly depends on the threshold is trusted

Answers = tuple[Tensor, Tensor, Tensor, Tensor]  # logits, iou, presence, pointer


class Encoder(nn.Module):
    """The image of a frame → features."""

    outputs = ("prompt_features", "high0", "high1", "tokens", "memory_pixels")

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.encoder, self.decoder = model.image_encoder, model.sam_mask_decoder
        self.first = SelfAttention(model.memory_attention.layers[0], model)
        self.projection = model.memory_encoder.pix_feat_proj
        self.no_memory = nn.Parameter(model.no_mem_embed.detach().reshape(1, -1, 1, 1))
        nothing = torch.zeros(1, model.hidden_dim, _grid(model), _grid(model))
        place = _POSITION_WEIGHT * model.image_encoder.neck.position_encoding(nothing)
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("mean", 255 * torch.tensor(_MEAN), persistent=False)
        self.register_buffer("deviation", 255 * torch.tensor(_DEVIATION), persistent=False)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return what `outputs` names.

        Args:
            image: (1, S, S, 3) uint8 RGB.

        Returns:
            prompt_features (1, C, G, G); high0 (1, C / 8, 4 G, 4 G); high1 (1, C / 4, 2 G, 2 G);
            tokens (1, G * G, C), after the first self-attention; memory_pixels (1, C, G, G).
        """
        pixels = ((image.to(self.mean.dtype) - self.mean) / self.deviation).permute(0, 3, 1, 2)
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
    ) -> Answers:
        """Return logits (B, L, L), iou (B,), presence (B,), pointer (B, C).

        Args:
            points: (B, N, 2) x and y in pixels of the image of side S.
            labels: (B, N) int64: 0 not on the object, 1 on it, 2 and 3 the top left and bottom
                right corner of a box, -1 nothing.
        """
        where = self.position._pe_encoding((points + 0.5) / self.size)
        nothing = labels == -1
        sparse = torch.where(nothing[..., None], 0.0, where) + functional.embedding(
            labels + 1, self.kinds
        )
        padding = self.kinds[:1].expand(sparse.shape[0], 1, -1)
        image = prompt_features.expand(sparse.shape[0], -1, -1, -1)
        found = self.decoder(image, torch.cat([sparse, padding], 1), high0, high1)
        return self.decoder.best(found) if self.clicks else self.decoder.single(found)


class MaskPrompter(nn.Module):
    """The mask of an object → what the other networks answer of it."""

    outputs = ("logits", "iou", "presence", "pointer")

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.decoder = Decoder(model)
        self.shrink, self.encoder = model.mask_downsample, model.sam_prompt_encoder
        self.no_memory = nn.Parameter(model.no_mem_embed.detach().reshape(1, -1, 1, 1))
        side, size = self.encoder.mask_input_size[0], model.image_size
        rows = functional.interpolate(
            torch.eye(size)[None, None], (side, size), mode="bilinear", antialias=True
        )
        self.register_buffer("less", rows[0, 0], persistent=False)

    def forward(
        self, mask: Tensor, prompt_features: Tensor, high0: Tensor, high1: Tensor
    ) -> Answers:
        """Return logits (B, L, L), iou (B,), presence (B,), pointer (B, C).

        Args:
            mask: (B, S, S) float, 1 on the object, 0 elsewhere.
        """
        logits = self.less @ (20 * mask - 10) @ self.less.T
        mask = mask[:, None]
        dense = self.encoder.mask_downscaling(self.shrink(mask))
        image = (prompt_features - self.no_memory).expand(mask.shape[0], -1, -1, -1)
        nothing = self.decoder.nothing.expand(mask.shape[0], -1, -1)
        answer = self.decoder.single(self.decoder(image, nothing, high0, high1, dense))
        seen = (mask.flatten(1) > 0).any(1)
        pointer = torch.where(seen[:, None], answer[3], self.decoder.absent)
        return logits, torch.ones_like(answer[1]), 20.0 * seen - 10, pointer


class Tracker(nn.Module):
    """Features of a frame, and what is remembered of each object → its mask.

    Args:
        partial: Whether some objects have fewer memories or pointers than others: then the last
            two arguments of `forward` say which are there. Otherwise all are.
    """

    outputs = ("logits", "iou", "presence", "pointer")

    def __init__(self, model: SAM2Base, *, partial: bool) -> None:
        super().__init__()
        self.partial = partial
        layers = model.memory_attention.layers
        self.own = nn.ModuleList(SelfAttention(layer, model) for layer in layers[1:])
        self.cross = nn.ModuleList(CrossAttention(layer, model) for layer in layers)
        self.norm = model.memory_attention.norm
        self.decoder = Decoder(model)
        self.to_position = model.obj_ptr_tpos_proj
        self.reach = model.max_obj_ptrs_in_encoder - 1
        width, side = model.mem_dim, _grid(model)
        times = model.maskmem_tpos_enc.detach().reshape(1, -1, width)
        self.times = nn.Parameter(times[0])
        grid = model.memory_encoder.position_encoding(torch.zeros(1, width, side, side))
        self.register_buffer("grid", grid.flatten(2).transpose(1, 2)[:, None], persistent=False)

    def forward(
        self,
        tokens: Tensor,
        high0: Tensor,
        high1: Tensor,
        memories: Tensor,
        memory_time: Tensor,
        pointers: Tensor,
        pointer_age: Tensor,
        memory_there: Tensor | None = None,
        pointer_there: Tensor | None = None,
    ) -> Answers:
        """Return logits (B, L, L), iou (B,), presence (B,), pointer (B, C).

        Args:
            memories: (B, M, G * G, D), in any order.
            memory_time: (B, M) int64, 6 for that of the prompt, 0 for the newest, up to 5.
            pointers: (B, P, C), in any order.
            pointer_age: (B, P) float, frames since.
            memory_there: (B, M) bool.
            pointer_there: (B, P) bool.
        """
        objects, width = memories.shape[0], memories.shape[-1]
        keys = memories + self.grid + functional.embedding(memory_time, self.times)[:, :, None]
        pieces = pointers.reshape(objects, -1, width)
        each = pieces.shape[1] // pointers.shape[1]
        when = get_1d_sine_pe(pointer_age / self.reach, pointers.shape[-1])
        when = self.to_position(when.to(pointers.dtype)).repeat_interleave(each, 1)
        there = None
        if self.partial:
            assert memory_there is not None and pointer_there is not None
            pixels = memory_there.repeat_interleave(memories.shape[2], 1)
            there = torch.cat([pixels, pointer_there.repeat_interleave(each, 1)], 1)
            there = there[:, None, None]
        x = tokens
        for number, cross in enumerate(self.cross):
            x = self.own[number - 1](x) if number else x
            x = cross(x, keys, memories, pieces + when, pieces, there)
        side = int(tokens.shape[1] ** 0.5)
        image = self.norm(x).transpose(1, 2).reshape(objects, -1, side, side)
        nothing = self.decoder.nothing.expand(objects, -1, -1)
        return self.decoder.best(self.decoder(image, nothing, high0, high1))


class Memorizer(nn.Module):
    """The masks of a frame → memories."""

    outputs = ("memory",)

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

    def forward(
        self, logits: Tensor, presence: Tensor, prompted: Tensor, memory_pixels: Tensor
    ) -> tuple[Tensor]:
        """Return memory (B, G * G, D), rounded as bfloat16, as the official predictor keeps it.

        Args:
            logits: (B, L, L).
            presence: (B,).
            prompted: (B,) bool: masks of a prompt are remembered as what is seen, 0 or 1.
        """
        fine = functional.interpolate(
            logits[:, None], (self.size, self.size), mode="bilinear", align_corners=False
        )
        share = torch.where(prompted[:, None, None, None], (fine > 0).to(fine.dtype), fine.sigmoid())
        mask = self.shrink(share * self.scale + self.bias)
        memory = self.project(self.fuse(memory_pixels + mask))
        gone = (presence <= 0).to(memory.dtype)[:, None, None, None]
        memory = memory + gone * self.absent
        return (memory.flatten(2).transpose(1, 2).to(torch.bfloat16).to(memory.dtype),)


class SelfAttention(nn.Module):
    """The first part of a layer of memory attention: a frame's tokens among themselves."""

    def __init__(self, layer: MemoryAttentionLayer, model: SAM2Base) -> None:
        super().__init__()
        self.norm, attention = layer.norm1, layer.self_attn
        self.query, self.key = _halved(attention.q_proj), _halved(attention.k_proj)
        self.value, self.out = attention.v_proj, attention.out_proj
        self.rotation = Rotation(attention.internal_dim, _grid(model))

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        query, key = self.rotation(self.query(normed)), self.rotation(self.key(normed))
        return x + self.out(_attend(query, key, self.value(normed), None))


class CrossAttention(nn.Module):
    """The rest of a layer of memory attention: tokens look at memories and pointers."""

    def __init__(self, layer: MemoryAttentionLayer, model: SAM2Base) -> None:
        super().__init__()
        self.norm, attention = layer.norm2, layer.cross_attn_image
        self.query, self.key = _halved(attention.q_proj), _halved(attention.k_proj)
        self.value, self.out = attention.v_proj, attention.out_proj
        self.rotation = Rotation(attention.internal_dim, _grid(model))
        self.last, self.wide, self.narrow = layer.norm3, layer.linear1, layer.linear2

    def forward(
        self,
        x: Tensor,
        keys: Tensor,
        memory: Tensor,
        pointer_keys: Tensor,
        pointers: Tensor,
        there: Tensor | None,
    ) -> Tensor:
        query = self.rotation(self.query(self.norm(x)))
        key = torch.cat([self.rotation(self.key(keys)).flatten(1, 2), self.key(pointer_keys)], 1)
        value = torch.cat([self.value(memory).flatten(1, 2), self.value(pointers)], 1)
        x = x + self.out(_attend(query.expand(key.shape[0], -1, -1), key, value, there))
        return x + self.narrow(functional.relu(self.wide(self.last(x))))


class Rotation(nn.Module):
    """Rotary position encoding of a square grid, the two halves of each pair C / 2 channels apart."""

    def __init__(self, width: int, side: int, theta: float = 10000.0) -> None:
        super().__init__()
        rate = theta ** -(torch.arange(0, width, 4).float() / width)
        place = torch.arange(side * side)
        turn = torch.cat([(place % side)[:, None] * rate, (place // side)[:, None] * rate], 1)
        self.register_buffer("cosine", turn.cos(), persistent=False)
        self.register_buffer("sine", turn.sin(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Rotate (..., G * G, C)."""
        first, second = x.chunk(2, -1)
        return torch.cat(
            [
                first * self.cosine - second * self.sine,
                first * self.sine + second * self.cosine,
            ],
            -1,
        )


class Decoder(nn.Module):
    """SAM's mask decoder for many objects of one frame, and how one of its masks is chosen."""

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.decoder, self.to_pointer = model.sam_mask_decoder, model.obj_ptr_proj
        self.absent = nn.Parameter(model.no_obj_ptr.detach())
        encoder = model.sam_prompt_encoder
        self.no_mask = nn.Parameter(encoder.no_mask_embed.weight.detach()[..., None, None])
        self.nothing = nn.Parameter(encoder.not_a_point_embed.weight.detach().repeat(2, 1)[None])
        self.register_buffer("place", encoder.get_dense_pe().detach(), persistent=False)

    def forward(
        self,
        image: Tensor,
        sparse: Tensor,
        high0: Tensor,
        high1: Tensor,
        dense: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return masks (B, 4, L, L), iou (B, 4), tokens (B, 4, C), presence (B, 1)."""
        found: tuple[Tensor, Tensor, Tensor, Tensor] = self.decoder.predict_masks(
            image_embeddings=image,
            image_pe=self.place,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=self.no_mask if dense is None else dense,
            repeat_image=False,
            high_res_features=[high0, high1],
        )
        return found

    def best(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> Answers:
        """Return the mask of largest predicted IoU of the last three, and the pointer with it."""
        masks, iou, tokens, presence = found
        chosen = iou[:, 1:].argmax(1) + 1
        token = _take(tokens, chosen)
        return self._answer(_take(masks, chosen), _take(iou, chosen), token, presence)

    def single(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> Answers:
        """Return the first mask, or the best of the others where it is unstable."""
        masks, iou, tokens, presence = found
        sure = (masks[:, 0] > _MARGIN).flatten(1).sum(1)
        maybe = (masks[:, 0] > -_MARGIN).flatten(1).sum(1)
        stable = sure >= _STABLE * maybe
        chosen = torch.where(stable, 0, iou[:, 1:].argmax(1) + 1)
        return self._answer(_take(masks, chosen), _take(iou, chosen), tokens[:, 0], presence)

    def _answer(self, logits: Tensor, iou: Tensor, token: Tensor, presence: Tensor) -> Answers:
        there = presence > 0
        logits = torch.where(there[..., None], logits, NO_OBJ_SCORE)
        return logits, iou, presence[:, 0], torch.where(there, self.to_pointer(token), self.absent)


def _take(values: Tensor, chosen: Tensor) -> Tensor:
    """Return one of the second axis for each of the first."""
    index = chosen.reshape(-1, *[1] * (values.dim() - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]


def _halved(linear: nn.Linear) -> nn.Linear:
    """Return a layer whose even channels come first, then the odd ones."""
    order = torch.cat([torch.arange(0, linear.out_features, 2), torch.arange(1, linear.out_features, 2)])
    halved = nn.Linear(linear.in_features, linear.out_features)
    halved.weight = nn.Parameter(linear.weight.detach()[order])
    halved.bias = nn.Parameter(linear.bias.detach()[order])
    return halved


def _attend(query: Tensor, key: Tensor, value: Tensor, there: Tensor | None) -> Tensor:
    """Return attention of one head, (B, N, C)."""
    return functional.scaled_dot_product_attention(
        query[:, None], key[:, None], value[:, None], attn_mask=there
    )[:, 0]


def _grid(model: SAM2Base) -> int:
    return int(model.image_size // model.backbone_stride)
