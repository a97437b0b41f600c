"""SAM's two-way transformer for few tokens and a large image, without heads on the image's side.

What a head does to the image is a product with constant weights. The tokens, of which there are
few, take that product upon themselves, each once a head: then queries, keys and values of the image
need not be made, nor divided into heads and put together again. The sums are the same.

H is the number of heads, Q of tokens, N of places in the image, C the width of both.
"""

from __future__ import annotations

from typing import Any

from sam2.modeling.sam.transformer import Attention, TwoWayTransformer
from torch import Tensor, nn


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
