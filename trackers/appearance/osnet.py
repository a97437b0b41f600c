"""OSNet in PyTorch, for inference and export; the weights have the names of official checkpoints.

A block has four streams of one to four lightweight 3 x 3 convolutions, hence four receptive fields,
which a shared gate weighs by channel. Three kinds of normalisation are published: batch
normalisation alone; `ibn`, with instance normalisation in the first layers; and `ain`, with
instance normalisation where a search put it. Source: Zhou et al., Omni-Scale Feature Learning for
Person Re-Identification, ICCV 2019; Zhou et al., Learning Generalisable Omni-Scale Representations,
TPAMI 2021 (`ain`); names as in the official checkpoints (Torchreid, MIT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

# What instance normalisation of a block applies to: nothing, the residual, or the block's output.
_Instance = Literal["none", "residual", "output"]
_CHANNELS = (64, 256, 384, 512)  # of the first convolution and of the three stages, at width 1
_STREAMS = 4
_BOTTLENECK, _GATE = 4, 16  # divisors of the number of channels
_LENGTH = 512  # of a vector
_Blocks = tuple[tuple[_Instance, ...], ...]  # the blocks of each stage
_PLAIN: _Blocks = (("none", "none"),) * 3
_IBN: _Blocks = (("output", "output"), *_PLAIN[1:])
_AIN: _Blocks = (("residual", "residual"), ("none", "residual"), ("residual", "none"))


@dataclass(frozen=True)
class Shape:
    """Size and normalisation of a network.

    Args:
        width: Multiplier of the number of channels.
        blocks: Instance normalisation of the blocks.
        instance_first: Whether the first convolution has instance normalisation.
        searched: Whether the layers have the names of `ain`.
    """

    width: float
    blocks: _Blocks = _PLAIN
    instance_first: bool = False
    searched: bool = False

    @property
    def channels(self) -> list[int]:
        """Number of channels of the first convolution and of each stage."""
        return [int(width * self.width) for width in _CHANNELS[: len(self.blocks) + 1]]


SIZES = {
    "x1_0": Shape(1.0),
    "x0_75": Shape(0.75),
    "x0_5": Shape(0.5),
    "x0_25": Shape(0.25),
    "ibn_x1_0": Shape(1.0, _IBN, instance_first=True),
    "ain_x1_0": Shape(1.0, _AIN, instance_first=True, searched=True),
    "ain_x0_75": Shape(0.75, _AIN, instance_first=True, searched=True),
    "ain_x0_5": Shape(0.5, _AIN, instance_first=True, searched=True),
    "ain_x0_25": Shape(0.25, _AIN, instance_first=True, searched=True),
}


class _Conv(nn.Module):
    """A convolution, its normalisation, and ReLU unless `linear`."""

    def __init__(self, in_channels: int, out_channels: int, *, linear: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(out_channels)
        self._linear = linear

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.bn(self.conv(x))
        return found if self._linear else torch.relu(found)


class _LightConv(nn.Module):
    """A pointwise, then a depthwise 3 x 3 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False, groups=channels)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv2(self.conv1(x))))


def _light_convs(channels: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(_LightConv(channels) for _ in range(depth)))


class _Stream(nn.Module):
    """Lightweight convolutions by the names of `ain`."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.layers = _light_convs(channels, depth)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x)
        return found


class _Gate(nn.Module):
    """Weighs the channels by two layers on their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // _GATE, 1)
        self.fc2 = nn.Conv2d(channels // _GATE, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean = functional.adaptive_avg_pool2d(x, 1)
        weight: Tensor = torch.sigmoid(self.fc2(torch.relu(self.fc1(mean))))
        return x * weight


class _Block(nn.Module):
    """A residual block of four streams."""

    def __init__(
        self, in_channels: int, out_channels: int, instance: _Instance, *, searched: bool
    ) -> None:
        super().__init__()
        width, same = out_channels // _BOTTLENECK, in_channels == out_channels
        self.conv1 = _Conv(in_channels, width)
        self._names = self._add_streams(width, searched=searched)
        self.gate = _Gate(width)
        self.conv3 = _Conv(width, out_channels, linear=True)
        self.downsample = nn.Identity() if same else _Conv(in_channels, out_channels, linear=True)
        self.IN: nn.Module = nn.Identity()
        if instance != "none":
            self.IN = nn.InstanceNorm2d(out_channels, affine=True)
        self._of_residual = instance == "residual"
        if self._of_residual:
            self.conv3.bn = nn.Identity()

    def _add_streams(self, width: int, *, searched: bool) -> list[str]:
        """Add the streams and return their names."""
        depths = range(1, _STREAMS + 1)
        if searched:
            self.conv2 = nn.ModuleList(_Stream(width, depth) for depth in depths)
            return [f"conv2.{number}" for number in range(_STREAMS)]
        self.conv2a = _LightConv(width)
        for letter, depth in zip("bcd", depths[1:], strict=True):
            self.add_module(f"conv2{letter}", _light_convs(width, depth))
        return [f"conv2{letter}" for letter in "abcd"]

    def forward(self, x: Tensor) -> Tensor:
        reduced = self.conv1(x)
        first, *others = [self.gate(self.get_submodule(name)(reduced)) for name in self._names]
        residual = self.conv3(sum(others, first))
        if self._of_residual:
            return torch.relu(self.IN(residual) + self.downsample(x))
        return torch.relu(self.IN(residual + self.downsample(x)))


class _First(nn.Module):
    """The first convolution, 7 x 7 with stride 2."""

    def __init__(self, channels: int, *, instance: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 7, 2, 3, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(channels)
        if instance:
            self.bn = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


class Osnet(nn.Module):
    """An OSNet without the classifier of its training.

    Args:
        size: Name of a size in SIZES.
    """

    outputs = ("vectors",)

    def __init__(self, size: str) -> None:
        super().__init__()
        shape = SIZES[size]
        channels = shape.channels
        self.conv1 = _First(channels[0], instance=shape.instance_first)
        self._stages = [f"{number}" for number in range(2, len(channels) + 1)]
        for name, before, width, kinds in zip(
            self._stages, channels, channels[1:], shape.blocks, strict=False
        ):
            widths = [before, *[width] * (len(kinds) - 1)]
            blocks = [
                _Block(each, width, kind, searched=shape.searched)
                for each, kind in zip(widths, kinds, strict=True)
            ]
            last = name == self._stages[-1]
            pool = nn.Identity() if last else nn.Sequential(_Conv(width, width), nn.AvgPool2d(2))
            inside = [] if shape.searched else [pool]
            self.add_module(f"conv{name}", nn.Sequential(*blocks, *inside))
            self.add_module(f"pool{name}", pool if shape.searched else nn.Identity())
        self.conv5 = _Conv(channels[-1], channels[-1])
        self.fc = nn.Sequential(
            nn.Linear(channels[-1], _LENGTH), nn.BatchNorm1d(_LENGTH), nn.ReLU()
        )

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Return vectors (B, 512), not normalised to length 1.

        Args:
            images: (B, 3, H, W) RGB crops, normalised with ImageNet's mean and deviation; official
                checkpoints were trained with 256 x 128.
        """
        x = functional.max_pool2d(self.conv1(images), 3, 2, 1)
        for name in self._stages:
            x = self.get_submodule(f"pool{name}")(self.get_submodule(f"conv{name}")(x))
        x = functional.adaptive_avg_pool2d(self.conv5(x), 1)
        return (self.fc(x.flatten(1)),)
