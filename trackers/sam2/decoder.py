"""SAM's mask decoder for many objects of one frame.

Its two-way transformer works without heads on the image's side: what a head does to the image is a
product with constant weights. The tokens, of which there are few, take that product upon
themselves, each once a head: then queries, keys and values of the image need not be made, nor
divided into heads and put together again. The sums are the same.

H is the number of heads, Q of tokens, N of places in the image, C the width of both.
"""

from __future__ import annotations

from typing import Any

import torch
from sam2.modeling.sam.transformer import Attention, TwoWayTransformer
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor, nn

_STABLE, _MARGIN = 0.98, 0.05  # a mask whose area hardly depends on the threshold is trusted

MaskOutputs = tuple[Tensor, Tensor, Tensor, Tensor]  # logits, iou, presence, pointer


class Decoder(nn.Module):
    """The decoder, and how one of the masks it gives is chosen."""

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.decoder, self.to_pointer = model.sam_mask_decoder, model.obj_ptr_proj
        self.two_way = TwoWay(self.decoder.transformer)
        self.absent = nn.Parameter(model.no_obj_ptr.detach())
        encoder = model.sam_prompt_encoder
        self.no_mask = nn.Parameter(encoder.no_mask_embed.weight.detach()[None])
        self.nothing = nn.Parameter(encoder.not_a_point_embed.weight.detach().repeat(2, 1)[None])
        own = [self.decoder.obj_score_token, self.decoder.iou_token, self.decoder.mask_tokens]
        self.own = nn.Parameter(torch.cat([token.weight.detach() for token in own])[None])
        self.register_buffer("place", as_tokens(encoder.get_dense_pe().detach()), persistent=False)

    def forward(
        self,
        image: Tensor,
        sparse: Tensor,
        high0: Tensor,
        high1: Tensor,
        dense: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return masks (B, 4, L, L), iou (B, 4), tokens (B, 4, C), presence (B, 1).

        Args:
            image: (B, G * G, C).
            sparse: (B, Q, C) the prompt.
            dense: (B, G * G, C) likewise, of a mask.
        """
        decoder = self.decoder
        tokens = torch.cat([self.own.expand(sparse.shape[0], -1, -1), sparse], 1)
        image = image + (self.no_mask if dense is None else dense)
        found, image = self.two_way(image, self.place, tokens)
        masks = found[:, 2 : self.own.shape[1]]
        heads = enumerate(decoder.output_hypernetworks_mlps)
        mixed = torch.stack([head(masks[:, number]) for number, head in heads], 1)
        fine = self._fine(image, high0, high1)
        logits = (mixed @ fine.flatten(2)).reshape(*mixed.shape[:2], *fine.shape[2:])
        iou = decoder.iou_prediction_head(found[:, 1])
        return logits, iou, masks, decoder.pred_obj_score_head(found[:, 0])

    def _fine(self, image: Tensor, high0: Tensor, high1: Tensor) -> Tensor:
        """Return the image at the size of the logits, (B, C / 8, L, L)."""
        side = int(image.shape[1] ** 0.5)
        first, norm, bend, second, bend_again = self.decoder.output_upscaling
        middle = first(image.transpose(1, 2).reshape(image.shape[0], -1, side, side))
        fine: Tensor = bend_again(second(bend(norm(middle + high1))) + high0)
        return fine

    def best(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> MaskOutputs:
        """Return logits, iou, presence and pointer of the best of the last three masks.

        The best is that of largest predicted IoU.
        """
        masks, iou, tokens, presence = found
        chosen = iou[:, 1:].argmax(1) + 1
        token = _take(tokens, chosen)
        return self._answer(_take(masks, chosen), _take(iou, chosen), token, presence)

    def single(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> MaskOutputs:
        """Return the same of the first mask, or of the best of the others where it is unstable."""
        masks, iou, tokens, presence = found
        sure = (masks[:, 0] > _MARGIN).flatten(1).sum(1)
        maybe = (masks[:, 0] > -_MARGIN).flatten(1).sum(1)
        stable = sure >= _STABLE * maybe
        chosen = torch.where(stable, 0, iou[:, 1:].argmax(1) + 1)
        return self._answer(_take(masks, chosen), _take(iou, chosen), tokens[:, 0], presence)

    def _answer(self, logits: Tensor, iou: Tensor, token: Tensor, presence: Tensor) -> MaskOutputs:
        there = presence > 0
        logits = torch.where(there[..., None], logits, NO_OBJ_SCORE)
        return logits, iou, presence[:, 0], torch.where(there, self.to_pointer(token), self.absent)


def as_tokens(image: Tensor) -> Tensor:
    """Return (B, C, G, G) as (B, G * G, C)."""
    return image.flatten(2).transpose(1, 2)


def _take(values: Tensor, chosen: Tensor) -> Tensor:
    """Return one of the second axis for each of the first."""
    index = chosen.reshape(-1, *[1] * (values.dim() - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]


class TwoWay(nn.Module):
    """Tokens and an image, each looking at the other; holds the official transformer's weights."""

    def __init__(self, transformer: TwoWayTransformer) -> None:
        super().__init__()
        layers: Any = transformer.layers
        self.layers = nn.ModuleList(_Layer(layer) for layer in layers)
        self.last = _TokensToImage(transformer.final_attn_token_to_image)
        self.norm = transformer.norm_final_attn

    def forward(self, image: Tensor, place: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return tokens (B, Q, C) and image (B, N, C).

        Args:
            image: (B, N, C).
            place: (1, N, C), the position encoding of the image.
            tokens: (B, Q, C).
        """
        found = tokens
        for layer in self.layers:
            found, image = layer(found, image, tokens, place)
        found = found + self.last(found + tokens, image + place, image)
        return self.norm(found), image


class _Layer(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.first, self.own = layer.skip_first_layer_pe, layer.self_attn
        self.to_image = _TokensToImage(layer.cross_attn_token_to_image)
        self.to_tokens = _ImageToTokens(layer.cross_attn_image_to_token)
        self.wide = layer.mlp
        self.norms = nn.ModuleList([layer.norm1, layer.norm2, layer.norm3, layer.norm4])

    def forward(
        self, found: Tensor, image: Tensor, tokens: Tensor, place: Tensor
    ) -> tuple[Tensor, Tensor]:
        own, looked, thought, shown = self.norms
        if self.first:
            found = own(self.own(found, found, found))
        else:
            asked = found + tokens
            found = own(found + self.own(asked, asked, found))
        placed = image + place
        found = looked(found + self.to_image(found + tokens, placed, image))
        found = thought(found + self.wide(found))
        return found, shown(image + self.to_tokens(placed, found + tokens, found))


class _TokensToImage(nn.Module):
    """The bias of the keys is left out: it adds the same to all scores of a query."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.heads, self.query, self.out = attention.num_heads, attention.q_proj, attention.out_proj
        scale = (attention.internal_dim // attention.num_heads) ** -0.5
        self.key = nn.Parameter(scale * _by_head(attention.k_proj.weight, self.heads))
        value = _by_head(attention.v_proj.weight, self.heads).transpose(1, 2)
        self.value = nn.Parameter(value.contiguous())
        self.bias = nn.Parameter(attention.v_proj.bias.detach())

    def forward(self, tokens: Tensor, placed: Tensor, image: Tensor) -> Tensor:
        """Return what tokens (B, Q, C) find in the image (B, N, C)."""
        query = _divided(self.query(tokens), self.heads) @ self.key
        share = (query.flatten(1, 2) @ placed.transpose(1, 2)).softmax(-1)
        found = (share @ image).reshape(*query.shape[:3], -1) @ self.value
        answer: Tensor = self.out(found.transpose(1, 2).flatten(2) + self.bias)
        return answer


class _ImageToTokens(nn.Module):
    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.heads = attention.num_heads
        self.key, self.value = attention.k_proj, attention.v_proj
        scale = (attention.internal_dim // attention.num_heads) ** -0.5
        self.query = nn.Parameter(scale * _by_head(attention.q_proj.weight, self.heads))
        offset = scale * _by_head(attention.q_proj.bias, self.heads)
        self.offset = nn.Parameter(offset[..., None])
        out = attention.out_proj
        self.out = nn.Parameter(_by_head(out.weight.T, self.heads).contiguous())
        self.bias = nn.Parameter(out.bias.detach())

    def forward(self, placed: Tensor, asked: Tensor, tokens: Tensor) -> Tensor:
        """Return what the image (B, N, C) finds in tokens (B, Q, C)."""
        key = _divided(self.key(asked), self.heads)  # (B, H, Q, C / H)
        offset = (key @ self.offset).flatten(1)[:, None]
        score = placed @ (key @ self.query).flatten(1, 2).transpose(1, 2) + offset
        share = score.reshape(*score.shape[:2], self.heads, -1).softmax(-1).flatten(2)
        value = _divided(self.value(tokens), self.heads) @ self.out
        return share @ value.flatten(1, 2) + self.bias


def _by_head(weight: Tensor, heads: int) -> Tensor:
    """Return the weights of each head, (H * D, ...) → (H, D, ...)."""
    return weight.detach().reshape(heads, -1, *weight.shape[1:])


def _divided(tokens: Tensor, heads: int) -> Tensor:
    """Return (B, Q, H * D) as (B, H, Q, D)."""
    return tokens.reshape(*tokens.shape[:2], heads, -1).transpose(1, 2)
