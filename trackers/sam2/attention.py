"""Memory attention in real arithmetic: self-attention, and cross-attention to the memory bank."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sam2.modeling.memory_attention import MemoryAttentionLayer
from torch import Tensor, nn
from torch.nn import functional

_CACHED_SCORES = 1 << 19  # attention scores computed at once on a CPU


class SelfAttention(nn.Module):
    """Self-attention among a frame's tokens: the first part of a memory attention layer."""

    def __init__(self, layer: MemoryAttentionLayer, side: int) -> None:
        super().__init__()
        self.norm, attention = layer.norm1, layer.self_attn
        self.query, self.key = _even_first(attention.q_proj), _even_first(attention.k_proj)
        self.value, self.out = attention.v_proj, attention.out_proj
        self.rotation = Rotation(attention.internal_dim, side)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        query, key = self.rotation(self.query(normed)), self.rotation(self.key(normed))
        return x + self.out(_attend(query, key, self.value(normed), None))


@dataclass(frozen=True)
class Past:
    """The memories and object pointers of B objects, as K tokens each.

    Args:
        time: (B, M) int64, index of the time embedding of each memory.
        pointer_keys: (B, tokens, D), pointer tokens with their position encoding.
        values: (B, K, D), tokens of memories and pointers.
        valid: (B, 1, K) bool, which tokens are in use; None if all are.
    """

    time: Tensor
    pointer_keys: Tensor
    values: Tensor
    valid: Tensor | None


class CrossAttention(nn.Module):
    """Cross-attention to memories and pointers, then the MLP: the rest of a memory attention layer.

    The memory tokens are averaged first and projected to values afterwards. The result is the
    same, because attention weights sum to one, and a frame has fewer tokens than its memories.
    """

    def __init__(self, layer: MemoryAttentionLayer, times: Tensor, side: int) -> None:
        """Take the weights of an official layer.

        Args:
            times: (T, D), the time embeddings that are added to memories.
        """
        super().__init__()
        self.norm, attention = layer.norm2, layer.cross_attn_image
        self.query, self.key = _even_first(attention.q_proj), _even_first(attention.k_proj)
        self.out = _composed(attention.v_proj, attention.out_proj)
        self.rotation = Rotation(attention.internal_dim, side)
        self.last, self.wide, self.narrow = layer.norm3, layer.linear1, layer.linear2
        aged = functional.linear(times, self.key.weight)[:, None].expand(-1, side * side, -1)
        self.aged = nn.Parameter(self.rotation(aged).detach())
        self.padded = False  # see `pad_values`

    def keys(self, memories: Tensor) -> Tensor:
        """Return the keys of memories without time embedding, (..., G * G, D) → (..., G * G, C)."""
        return self.rotation(self.key(memories))

    def forward(self, x: Tensor, keys: Tensor, past: Past) -> Tensor:
        """Return the tokens after this layer, (B, N, C).

        Args:
            x: (B or 1, N, C), the tokens of the frame.
            keys: (B, M, G * G, C), keys of the memories as `keys` returns them.
        """
        query = self.rotation(self.query(self.norm(x)))
        aged = functional.embedding(past.time, self.aged.flatten(1))
        aged = (keys + aged.reshape(*aged.shape[:2], *keys.shape[2:])).flatten(1, 2)
        key = torch.cat([aged, self.key(past.pointer_keys)], 1)
        query = query.expand(key.shape[0], -1, -1)
        read = _attend(query, key, past.values, past.valid, padded=self.padded)
        x = x + self.out(read)
        return x + self.narrow(functional.relu(self.wide(self.last(x))))


class Rotation(nn.Module):
    """Rotary position encoding of a square grid. Channels c and c + C / 2 form a pair."""

    cosine: Tensor
    sine: Tensor

    def __init__(self, width: int, side: int, theta: float = 10000.0) -> None:
        super().__init__()
        rate = theta ** -(torch.arange(0, width, 4).float() / width)
        cell = torch.arange(side * side)
        angle = torch.cat([(cell % side)[:, None] * rate, (cell // side)[:, None] * rate], 1)
        self.register_buffer("cosine", angle.cos(), persistent=False)
        self.register_buffer("sine", angle.sin(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the rotated tokens, (..., G * G, C)."""
        first, second = x.chunk(2, -1)
        return torch.cat(
            [
                first * self.cosine - second * self.sine,
                first * self.sine + second * self.cosine,
            ],
            -1,
        )


def _even_first(linear: nn.Linear) -> nn.Linear:
    """Return the layer with its even output channels first, then the odd ones."""
    channels = torch.arange(linear.out_features)
    order = torch.cat([channels[::2], channels[1::2]])
    permuted = nn.Linear(linear.in_features, linear.out_features)
    permuted.weight = nn.Parameter(linear.weight.detach()[order])
    permuted.bias = nn.Parameter(linear.bias.detach()[order])
    return permuted


def _composed(first: nn.Linear, second: nn.Linear) -> nn.Linear:
    """Return one layer that is equivalent to two in succession."""
    both = nn.Linear(first.in_features, second.out_features)
    weight = second.weight.detach().double()
    both.weight = nn.Parameter((weight @ first.weight.detach().double()).float())
    bias = weight @ first.bias.detach().double() + second.bias.detach().double()
    both.bias = nn.Parameter(bias.float())
    return both


def pad_values(module: nn.Module, *, padded: bool) -> None:
    """Choose whether cross-attention pads its values to the width of its keys when exported.

    TensorRT computes attention in one kernel only if the widths are equal, and only in float16 and
    bfloat16. Elsewhere padding costs time: the product with the values is four times as large.
    """
    for part in module.modules():
        if isinstance(part, CrossAttention):
            part.padded = padded


def _attend(
    query: Tensor, key: Tensor, value: Tensor, valid: Tensor | None, *, padded: bool = False
) -> Tensor:
    """Return single-head attention.

    Args:
        query: (B, N, C).
        key: (B, K, C).
        value: (B, K, D), D <= C.
        valid: (B, 1, K) bool, which keys are attended to; None if all are.
        padded: Whether values are padded to width C in an exported network.

    Returns:
        (B, N, D).
    """
    if torch.compiler.is_exporting():
        return _attend_written_out(query, key, _pad(value, key) if padded else value, valid)[
            ..., : value.shape[2]
        ]
    if query.device.type == "cpu" and not torch.compiler.is_compiling():
        return _attend_in_cache(query, key, value, valid)
    mask = None if valid is None else valid[:, None]
    wide = _pad(value, key) if mask is None else value  # flash kernels need equal widths, no mask
    return functional.scaled_dot_product_attention(
        query[:, None], key[:, None], wide[:, None], attn_mask=mask
    )[:, 0, :, : value.shape[2]]


def _pad(value: Tensor, key: Tensor) -> Tensor:
    """Return values with zeros appended up to the width of the keys."""
    return functional.pad(value, (0, key.shape[2] - value.shape[2]))


def _attend_written_out(query: Tensor, key: Tensor, value: Tensor, valid: Tensor | None) -> Tensor:
    """Return the same in the operators that compilers recognise as attention.

    PyTorch's exporter would transpose all keys and, with a mask, look for objects without any key.
    """
    score = (query * query.shape[2] ** -0.5)[:, None] @ key[:, None].transpose(2, 3)
    if valid is not None:
        score = score.masked_fill(~valid[:, None], -torch.inf)
    return (score.softmax(-1) @ value[:, None])[:, 0]


def _attend_in_cache(query: Tensor, key: Tensor, value: Tensor, valid: Tensor | None) -> Tensor:
    """Return the same, computed per object and in blocks of queries that fit a core's cache."""
    output = query.new_empty(*query.shape[:2], value.shape[2])
    rows = max(1, _CACHED_SCORES // key.shape[1])
    for number, scaled in enumerate(query * query.shape[2] ** -0.5):
        transposed = key[number].T
        for start in range(0, len(scaled), rows):
            score = scaled[start : start + rows] @ transposed
            if valid is not None:
                score.masked_fill_(~valid[number], -torch.inf)
            output[number, start : start + rows] = score.softmax(1) @ value[number]
    return output
