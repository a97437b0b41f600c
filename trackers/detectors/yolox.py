"""YOLOX in PyTorch, for training and export; the weights have the official names.

There are five sizes, and `nano` with depthwise separable 3 x 3 convolutions. Source: Ge et al.,
YOLOX, arXiv 2107.08430; names and sizes as in the official checkpoints (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

_STRIDES = (8, 16, 32)


@dataclass(frozen=True)
class Shape:
    """Size of a network.

    Args:
        depth: Multiplier of the number of blocks.
        width: Multiplier of the number of channels.
        depthwise: Whether 3 x 3 convolutions are depthwise separable.
    """

    depth: float
    width: float
    depthwise: bool = False

    @property
    def stem(self) -> int:
        """Number of channels of the first convolution."""
        return int(self.width * 64)


SIZES = {
    "nano": Shape(0.33, 0.25, depthwise=True),
    "tiny": Shape(0.33, 0.375),
    "s": Shape(0.33, 0.5),
    "m": Shape(0.67, 0.75),
    "l": Shape(1.0, 1.0),
    "x": Shape(1.33, 1.25),
}


class _Conv(nn.Module):
    """Convolution, batch normalisation, SiLU."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.03)

    def forward(self, x: Tensor) -> Tensor:
        return functional.silu(self.bn(self.conv(x)))


class _DepthwiseSeparableConv(nn.Module):
    """A depthwise convolution, then a pointwise convolution."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.dconv = _Conv(in_channels, in_channels, kernel, stride, groups=in_channels)
        self.pconv = _Conv(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.pconv(self.dconv(x))
        return found


def _conv3x3(shape: Shape, in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    """Return a 3 x 3 convolution, depthwise separable if the shape says so."""
    kind = _DepthwiseSeparableConv if shape.depthwise else _Conv
    return kind(in_channels, out_channels, 3, stride)


class _Bottleneck(nn.Module):
    def __init__(self, shape: Shape, width: int, *, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = _Conv(width, width, 1)
        self.conv2 = _conv3x3(shape, width, width)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.conv2(self.conv1(x))
        return x + found if self.shortcut else found


class _CspLayer(nn.Module):
    """A cross stage partial layer (CSP): half of the channels pass through the bottlenecks."""

    def __init__(
        self, shape: Shape, in_channels: int, out_channels: int, blocks: int, *, shortcut: bool
    ) -> None:
        super().__init__()
        half = out_channels // 2
        self.conv1, self.conv2 = _Conv(in_channels, half, 1), _Conv(in_channels, half, 1)
        self.conv3 = _Conv(2 * half, out_channels, 1)
        self.m = nn.Sequential(
            *(_Bottleneck(shape, half, shortcut=shortcut) for _ in range(blocks))
        )

    def forward(self, x: Tensor) -> Tensor:
        main, bypass = self.conv1(x), self.conv2(x)
        found: Tensor = self.conv3(torch.cat([self.m(main), bypass], 1))
        return found


class _SppBottleneck(nn.Module):
    """Spatial pyramid pooling (SPP): max pooling with windows of several sizes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _Conv(width, width // 2, 1)
        self.conv2 = _Conv(2 * width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        pools = [functional.max_pool2d(x, kernel, 1, kernel // 2) for kernel in (5, 9, 13)]
        found: Tensor = self.conv2(torch.cat([x, *pools], 1))
        return found


class _Focus(nn.Module):
    """Moves each block of 2 x 2 pixels to the channels of one pixel, then convolves."""

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        self.conv = _Conv(12, out_channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        parts = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        found: Tensor = self.conv(torch.cat(parts, 1))
        return found


class _Backbone(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        base, blocks = shape.stem, max(round(shape.depth * 3), 1)
        self.stem = _Focus(base)
        self.dark2 = self._step(shape, base, blocks)
        self.dark3 = self._step(shape, 2 * base, 3 * blocks)
        self.dark4 = self._step(shape, 4 * base, 3 * blocks)
        last = _CspLayer(shape, 16 * base, 16 * base, blocks, shortcut=False)
        self.dark5 = nn.Sequential(
            _conv3x3(shape, 8 * base, 16 * base, 2), _SppBottleneck(16 * base), last
        )

    @staticmethod
    def _step(shape: Shape, width: int, blocks: int) -> nn.Sequential:
        stage = _CspLayer(shape, 2 * width, 2 * width, blocks, shortcut=True)
        return nn.Sequential(_conv3x3(shape, width, 2 * width, 2), stage)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = self.dark3(self.dark2(self.stem(x)))
        middle = self.dark4(fine)
        return fine, middle, self.dark5(middle)


class _Pafpn(nn.Module):
    """Path aggregation feature pyramid (PAFPN): combines the features of three scales."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        low, middle, high = (int(width * shape.width) for width in (256, 512, 1024))
        blocks = round(3 * shape.depth)
        self.backbone = _Backbone(shape)
        self.lateral_conv0 = _Conv(high, middle, 1)
        self.C3_p4 = _CspLayer(shape, 2 * middle, middle, blocks, shortcut=False)
        self.reduce_conv1 = _Conv(middle, low, 1)
        self.C3_p3 = _CspLayer(shape, 2 * low, low, blocks, shortcut=False)
        self.bu_conv2 = _conv3x3(shape, low, low, 2)
        self.C3_n3 = _CspLayer(shape, 2 * low, middle, blocks, shortcut=False)
        self.bu_conv1 = _conv3x3(shape, middle, middle, 2)
        self.C3_n4 = _CspLayer(shape, 2 * middle, high, blocks, shortcut=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine, middle, coarse = self.backbone(x)
        top = self.lateral_conv0(coarse)
        lateral = self.reduce_conv1(self.C3_p4(torch.cat([_upsample(top), middle], 1)))
        low = self.C3_p3(torch.cat([_upsample(lateral), fine], 1))
        mid = self.C3_n3(torch.cat([self.bu_conv2(low), lateral], 1))
        return low, mid, self.C3_n4(torch.cat([self.bu_conv1(mid), top], 1))


def _upsample(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class _Head(nn.Module):
    def __init__(self, shape: Shape, classes: int) -> None:
        super().__init__()
        width = int(256 * shape.width)
        scales = [int(in_channels * shape.width) for in_channels in (256, 512, 1024)]
        self.stems = nn.ModuleList(_Conv(in_channels, width, 1) for in_channels in scales)
        self.cls_convs = nn.ModuleList(self._pair(shape, width) for _ in scales)
        self.reg_convs = nn.ModuleList(self._pair(shape, width) for _ in scales)
        self.cls_preds = nn.ModuleList(nn.Conv2d(width, classes, 1) for _ in scales)
        self.reg_preds = nn.ModuleList(nn.Conv2d(width, 4, 1) for _ in scales)
        self.obj_preds = nn.ModuleList(nn.Conv2d(width, 1, 1) for _ in scales)

    @staticmethod
    def _pair(shape: Shape, width: int) -> nn.Sequential:
        return nn.Sequential(_conv3x3(shape, width, width), _conv3x3(shape, width, width))

    def forward(self, features: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        found = []
        for number, feature in enumerate(features):
            x = self.stems[number](feature)
            kind = self.cls_preds[number](self.cls_convs[number](x))
            box = self.reg_convs[number](x)
            parts = [self.reg_preds[number](box), self.obj_preds[number](box), kind]
            found.append(torch.cat(parts, 1).flatten(2))
        return torch.cat(found, 2).transpose(1, 2)


class Yolox(nn.Module):
    """A YOLOX network.

    Args:
        size: Name of a size in SIZES.
        classes: Number of classes.
    """

    outputs = ("output",)

    def __init__(self, size: str, classes: int) -> None:
        super().__init__()
        self.backbone = _Pafpn(SIZES[size])
        self.head = _Head(SIZES[size], classes)

    def raw(self, images: Tensor) -> Tensor:
        """Return (B, N, 5 + C): centre and log of the size in cells, logits of object and classes.

        Args:
            images: (B, 3, H, W) BGR from 0 to 255; height and width are multiples of 32.
        """
        found: Tensor = self.head(self.backbone(images))
        return found

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Return the output of exported files: `raw` with probabilities instead of logits."""
        found = self.raw(images)
        return (torch.cat([found[..., :4], found[..., 4:].sigmoid()], -1),)


def cells(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the column and row of each cell (N, 2), and the side of each in pixels (N, 1)."""
    grids, strides = [], []
    for stride in _STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        grids.append(torch.stack([columns, rows], -1).reshape(-1, 2).float())
        strides.append(torch.full((grids[-1].shape[0], 1), float(stride)))
    return torch.cat(grids), torch.cat(strides)
