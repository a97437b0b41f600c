"""SAM's mask decoder, batched over the objects of one frame.

In the two-way transformer, each head multiplies the image tokens by constant weights. These
products are moved to the prompt tokens, of which there are few, once for each head. Queries, keys
and values of the image are then never computed, split into heads or merged. The results are equal.

H is the number of heads, Q of tokens, N of positions in the image, C the width of both.
"""

from __future__ import annotations

from typing import Any

import torch
from sam2.modeling.sam.transformer import Attention, TwoWayTransformer
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor, nn

_STABLE, _MARGIN = 0.98, 0.05  # minimum stability score of a mask, and its change of threshold

MaskOutputs = tuple[Tensor, Tensor, Tensor, Tensor]  # logits, iou, presence, pointer


class Decoder(nn.Module):
    """The mask decoder, and the selection of one of its masks."""

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
            sparse: (B, Q, C), tokens of point and box prompts.
            dense: (B, G * G, C), embedding of a mask prompt; None without a mask.
        """
        decoder = self.decoder
        tokens = torch.cat([self.own.expand(sparse.shape[0], -1, -1), sparse], 1)
        image = image + (self.no_mask if dense is None else dense)
        tokens, image = self.two_way(image, self.place, tokens)
        masks = tokens[:, 2 : self.own.shape[1]]
        heads = enumerate(decoder.output_hypernetworks_mlps)
        filters = torch.stack([head(masks[:, number]) for number, head in heads], 1)
        fine = self._upscale(image, high0, high1)
        logits = (filters @ fine.flatten(2)).reshape(*filters.shape[:2], *fine.shape[2:])
        iou = decoder.iou_prediction_head(tokens[:, 1])
        return logits, iou, masks, decoder.pred_obj_score_head(tokens[:, 0])

    def _upscale(self, image: Tensor, high0: Tensor, high1: Tensor) -> Tensor:
        """Return the image features at the resolution of the logits, (B, C / 8, L, L)."""
        side = int(image.shape[1] ** 0.5)
        first, norm, activation, second, last_activation = self.decoder.output_upscaling
        middle = first(image.transpose(1, 2).reshape(image.shape[0], -1, side, side))
        fine: Tensor = last_activation(second(activation(norm(middle + high1))) + high0)
        return fine

    def best(self, decoded: tuple[Tensor, Tensor, Tensor, Tensor]) -> MaskOutputs:
        """Return logits, iou, presence and pointer of the best of the last three masks.

        The best mask is the one with the largest predicted IoU.
        """
        masks, iou, tokens, presence = decoded
        chosen = iou[:, 1:].argmax(1) + 1
        token = _take(tokens, chosen)
        return self._outputs(_take(masks, chosen), _take(iou, chosen), token, presence)

    def single(self, decoded: tuple[Tensor, Tensor, Tensor, Tensor]) -> MaskOutputs:
        """Return the same of the first mask, or of the best of the others if it is unstable."""
        masks, iou, tokens, presence = decoded
        inner = (masks[:, 0] > _MARGIN).flatten(1).sum(1)
        outer = (masks[:, 0] > -_MARGIN).flatten(1).sum(1)
        stable = inner >= _STABLE * outer
        chosen = torch.where(stable, 0, iou[:, 1:].argmax(1) + 1)
        return self._outputs(_take(masks, chosen), _take(iou, chosen), tokens[:, 0], presence)

    def _outputs(self, logits: Tensor, iou: Tensor, token: Tensor, presence: Tensor) -> MaskOutputs:
        visible = presence > 0
        logits = torch.where(visible[..., None], logits, NO_OBJ_SCORE)
        score = presence[:, 0]
        pointer = torch.where(visible, self.to_pointer(token), self.absent)
        return logits, iou, score, pointer


def as_tokens(image: Tensor) -> Tensor:
    """Return an image (B, C, G, G) as tokens (B, G * G, C)."""
    return image.flatten(2).transpose(1, 2)


def _take(values: Tensor, chosen: Tensor) -> Tensor:
    """Return, for each entry of the first axis, the chosen entry of the second."""
    index = chosen.reshape(-1, *[1] * (values.dim() - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]


class TwoWay(nn.Module):
    """Two-way attention between tokens and image, with the official transformer's weights."""

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
        current = tokens
        for layer in self.layers:
            current, image = layer(current, image, tokens, place)
        current = current + self.last(current + tokens, image + place, image)
        return self.norm(current), image


class _Layer(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.is_first, self.own = layer.skip_first_layer_pe, layer.self_attn
        self.to_image = _TokensToImage(layer.cross_attn_token_to_image)
        self.to_tokens = _ImageToTokens(layer.cross_attn_image_to_token)
        self.wide = layer.mlp
        self.norms = nn.ModuleList([layer.norm1, layer.norm2, layer.norm3, layer.norm4])

    def forward(
        self, current: Tensor, image: Tensor, tokens: Tensor, place: Tensor
    ) -> tuple[Tensor, Tensor]:
        self_norm, to_image_norm, mlp_norm, to_tokens_norm = self.norms
        if self.is_first:
            current = self_norm(self.own(current, current, current))
        else:
            query = current + tokens
            current = self_norm(current + self.own(query, query, current))
        placed = image + place
        current = to_image_norm(current + self.to_image(current + tokens, placed, image))
        current = mlp_norm(current + self.wide(current))
        image = to_tokens_norm(image + self.to_tokens(placed, current + tokens, current))
        return current, image


class _TokensToImage(nn.Module):
    """Attention of tokens to the image.

    The bias of the keys is left out: it adds the same constant to all scores of a query.
    """

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.heads, self.query, self.out = attention.num_heads, attention.q_proj, attention.out_proj
        scale = (attention.internal_dim // attention.num_heads) ** -0.5
        self.key = nn.Parameter(scale * _by_head(attention.k_proj.weight, self.heads))
        value = _by_head(attention.v_proj.weight, self.heads).transpose(1, 2)
        self.value = nn.Parameter(value.contiguous())
        self.bias = nn.Parameter(attention.v_proj.bias.detach())

    def forward(self, tokens: Tensor, placed: Tensor, image: Tensor) -> Tensor:
        """Return the output for tokens (B, Q, C) that attend to the image (B, N, C).

        Args:
            placed: (B, N, C), the image with its position encoding.
        """
        query = _split_heads(self.query(tokens), self.heads) @ self.key
        weights = (query.flatten(1, 2) @ placed.transpose(1, 2)).softmax(-1)
        read = (weights @ image).reshape(*query.shape[:3], -1) @ self.value
        output: Tensor = self.out(read.transpose(1, 2).flatten(2) + self.bias)
        return output


class _ImageToTokens(nn.Module):
    """Attention of the image to tokens."""

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

    def forward(self, placed: Tensor, keys: Tensor, tokens: Tensor) -> Tensor:
        """Return the output for the image (B, N, C) that attends to tokens (B, Q, C).

        Args:
            placed: (B, N, C), the image with its position encoding.
            keys: (B, Q, C), the tokens with the prompt tokens added.
        """
        key = _split_heads(self.key(keys), self.heads)  # (B, H, Q, C / H)
        offset = (key @ self.offset).flatten(1)[:, None]
        score = placed @ (key @ self.query).flatten(1, 2).transpose(1, 2) + offset
        weights = score.reshape(*score.shape[:2], self.heads, -1).softmax(-1).flatten(2)
        value = _split_heads(self.value(tokens), self.heads) @ self.out
        return weights @ value.flatten(1, 2) + self.bias


def _by_head(weight: Tensor, heads: int) -> Tensor:
    """Return weights split by head, (H * D, ...) → (H, D, ...)."""
    return weight.detach().reshape(heads, -1, *weight.shape[1:])


def _split_heads(tokens: Tensor, heads: int) -> Tensor:
    """Return tokens (B, Q, H * D) split by head, (B, H, Q, D)."""
    return tokens.reshape(*tokens.shape[:2], heads, -1).transpose(1, 2)
