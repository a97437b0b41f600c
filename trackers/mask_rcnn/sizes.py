"""The sizes of MaskTrack R-CNN models."""

from __future__ import annotations

from dataclasses import dataclass

STRIDES = (4, 8, 16, 32, 64)
POOLED, MASKED = 7, 14  # RoIAlign bins in each direction, for the box head and the mask head
LEVELS = tuple(f"level{number}" for number in range(len(STRIDES) - 1))  # boxes are pooled from them
BOXES = tuple(f"boxes{number}" for number in range(len(STRIDES) - 1))


@dataclass(frozen=True)
class Size:
    """A size of the model.

    Args:
        backbone: Name of a torchvision backbone, or `small`.
        channels: Channels of the feature pyramid.
        box: Width of the box head.
        mask: Width of the mask head.
        track: Width of the tracking head.
        anchors: Side of the anchors of each level, in pixels.
        ratios: Ratios of height to width of the anchors.
    """

    backbone: str
    channels: int = 256
    box: int = 1024
    mask: int = 256
    track: int = 1024
    anchors: tuple[float, ...] = (32, 64, 128, 256, 512)
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0)


SIZES = {
    "r50": Size("resnet50"),
    "r101": Size("resnet101"),
    "x101": Size("resnext101_64x4d"),
    "demo": Size(
        "small",
        channels=64,
        box=192,
        mask=48,
        track=128,
        anchors=(16, 32, 64, 128, 256),
        ratios=(1.0, 2.0, 4.0),
    ),
}
