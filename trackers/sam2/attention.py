"""Memory attention in real numbers: tokens among themselves, and at what is remembered."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sam2.modeling.memory_attention import MemoryAttentionLayer
from torch import Tensor, nn
from torch.nn import functional

_CACHED = 1 << 19  # scores of attention computed at once on a CPU


class SelfAttention(nn.Module):
    """The first part of a layer of memory attention: a frame's tokens among themselves."""

    def __init__(self, layer: MemoryAttentionLayer, side: int) -> None:
        super().__init__()
        self.norm, attention = layer.norm1, layer.self_attn
        self.query, self.key = _halved(attention.q_proj), _halved(attention.k_proj)
        self.value, self.out = attention.v_proj, attention.out_proj
        self.rotation = Rotation(attention.internal_dim, side)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        query, key = self.rotation(self.query(normed)), self.rotation(self.key(normed))
        return x + self.out(_attend(query, key, self.value(normed), None))


@dataclass(frozen=True)
class Past:
    """What is remembered of B objects, K tokens each.

    Args:
        time: (B, M) int64, the age of each memory.
        pointer_keys: (B, tokens, D) of the pointers.
        seen: (B, K, D) memories and pointers.
        there: (B, 1, K) bool, which of the tokens there are; all if None.
    """

    time: Tensor
    pointer_keys: Tensor
    seen: Tensor
    there: Tensor | None


class CrossAttention(nn.Module):
    """The rest of a layer of memory attention: tokens look at memories and pointers.

    What is looked at is averaged as it is, and becomes a value afterwards: that is the same, for
    the weights add up to one, and there are fewer tokens than memories.
    """

    def __init__(self, layer: MemoryAttentionLayer, times: Tensor, side: int) -> None:
        """Take the weights of a layer.

        Args:
            times: (T, D) what is added to a memory for its age.
        """
        super().__init__()
        self.norm, attention = layer.norm2, layer.cross_attn_image
        self.query, self.key = _halved(attention.q_proj), _halved(attention.k_proj)
        self.out = _chained(attention.v_proj, attention.out_proj)
        self.rotation = Rotation(attention.internal_dim, side)
        self.last, self.wide, self.narrow = layer.norm3, layer.linear1, layer.linear2
        aged = functional.linear(times, self.key.weight)[:, None].expand(-1, side * side, -1)
        self.aged = nn.Parameter(self.rotation(aged).detach())

    def keys(self, memories: Tensor) -> Tensor:
        """Return the keys of memories of no age, (..., G * G, D) → (..., G * G, C)."""
        return self.rotation(self.key(memories))

    def forward(self, x: Tensor, keys: Tensor, past: Past) -> Tensor:
        """Return the tokens after the layer, (B, N, C).

        Args:
            x: (B or 1, N, C).
            keys: (B, M, G * G, C) of the memories, as `keys` returns them.
        """
        query = self.rotation(self.query(self.norm(x)))
        aged = functional.embedding(past.time, self.aged.flatten(1))
        aged = (keys + aged.reshape(*aged.shape[:2], *keys.shape[2:])).flatten(1, 2)
        key = torch.cat([aged, self.key(past.pointer_keys)], 1)
        found = _attend(query.expand(key.shape[0], -1, -1), key, past.seen, past.there)
        x = x + self.out(found)
        return x + self.narrow(functional.relu(self.wide(self.last(x))))


class Rotation(nn.Module):
    """Rotary position encoding of a square grid; channels c and c + C / 2 are a pair."""

    cosine: Tensor
    sine: Tensor

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


def _halved(linear: nn.Linear) -> nn.Linear:
    """Return a layer whose even channels come first, then the odd ones."""
    channels = torch.arange(linear.out_features)
    order = torch.cat([channels[::2], channels[1::2]])
    halved = nn.Linear(linear.in_features, linear.out_features)
    halved.weight = nn.Parameter(linear.weight.detach()[order])
    halved.bias = nn.Parameter(linear.bias.detach()[order])
    return halved


def _chained(first: nn.Linear, second: nn.Linear) -> nn.Linear:
    """Return one layer that does what two do."""
    both = nn.Linear(first.in_features, second.out_features)
    weight = second.weight.detach().double()
    both.weight = nn.Parameter((weight @ first.weight.detach().double()).float())
    bias = weight @ first.bias.detach().double() + second.bias.detach().double()
    both.bias = nn.Parameter(bias.float())
    return both


def _attend(query: Tensor, key: Tensor, value: Tensor, there: Tensor | None) -> Tensor:
    """Return attention of one head.

    Args:
        query: (B, N, C).
        key: (B, K, C).
        value: (B, K, D).
        there: (B, 1, K) bool, which keys are looked at; all if None.

    Returns:
        (B, N, D).
    """
    if query.device.type == "cpu" and not torch.compiler.is_compiling():
        return _attend_in_cache(query, key, value, there)
    if torch.compiler.is_exporting() and there is None:  # or the exporter transposes all keys
        score = (query * query.shape[2] ** -0.5)[:, None] @ key[:, None].transpose(2, 3)
        return (score.softmax(-1) @ value[:, None])[:, 0]
    mask = None if there is None else there[:, None]
    return functional.scaled_dot_product_attention(
        query[:, None], key[:, None], value[:, None], attn_mask=mask
    )[:, 0]


def _attend_in_cache(query: Tensor, key: Tensor, value: Tensor, there: Tensor | None) -> Tensor:
    """Return the same, object by object and some queries at a time: what a core's cache holds."""
    found = query.new_empty(*query.shape[:2], value.shape[2])
    rows = max(1, _CACHED // key.shape[1])
    for number, scaled in enumerate(query * query.shape[2] ** -0.5):
        turned = key[number].T
        for begin in range(0, len(scaled), rows):
            score = scaled[begin : begin + rows] @ turned
            if there is not None:
                score.masked_fill_(~there[number], -torch.inf)
            found[number, begin : begin + rows] = score.softmax(1) @ value[number]
    return found
