"""MaskTrack R-CNN: torchvision's Mask R-CNN and the head that tells objects apart.

The head makes a vector of the features that the box head pools; two vectors of one object have a
large product. Source: Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019, arXiv 1905.04804.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import resnet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import (
    BackboneWithFPN,
    LastLevelMaxPool,
    resnet_fpn_backbone,
)
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNN, MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import FrozenBatchNorm2d

from trackers.mask_rcnn.sizes import POOLED, SIZES, STRIDES, Size

_MASK_LAYERS = 4
_WIDTHS = (32, 64, 128, 192)  # of the small backbone's stages
_PROPOSALS, _OBJECTS = 200, 10  # of an image, at most
_ANCHORS_TAUGHT, _BOXES_TAUGHT = 64, 128  # of an image, in training
_SPREAD = 0.01  # of the tracking head's first weights


class MaskTrackRcnn(nn.Module):
    """The two parts.

    Args:
        detector: A MaskRCNN.
        track_head: Pooled features (N, C, 7, 7) to vectors (N, D).
    """

    def __init__(self, detector: MaskRCNN, track_head: nn.Module) -> None:
        super().__init__()
        self.detector, self.track_head = detector, track_head


class TrackHead(nn.Module):
    """Two fully connected layers on what the box head pools."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.fcs = nn.ModuleList([nn.Linear(channels * POOLED**2, width), nn.Linear(width, width)])
        for layer in self.fcs:
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, std=_SPREAD)
            nn.init.zeros_(layer.bias)

    def forward(self, pooled: Tensor) -> Tensor:
        """Return (N, D) of (N, C, 7, 7)."""
        first, second = self.fcs
        found: Tensor = second(torch.relu(first(pooled.flatten(1))))
        return found


class SmallResNet(nn.Module):
    """A residual network of one block a stage, for images of people some tens of pixels high."""

    def __init__(self, widths: Many[int]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 5, 2, 2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        before = widths[0]
        for number, width in enumerate(widths, start=1):
            stride = 1 if number == 1 else 2
            self.add_module(f"layer{number}", _block(before, width, stride))
            before = width

    def forward(self, image: Tensor) -> Tensor:
        """Return the last stage's features."""
        for layer in self.children():
            image = layer(image)
        return image


def _block(before: int, width: int, stride: int) -> nn.Module:
    shortcut = None
    if stride > 1 or before != width:
        shortcut = nn.Sequential(
            nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)
        )
    return resnet.BasicBlock(before, width, stride, shortcut)


def build_model(size: str, classes: int) -> MaskTrackRcnn:
    """Return a model with random weights, in evaluation mode.

    Args:
        size: One of SIZES.
        classes: Without the background.

    Raises:
        ValueError: There is no such size.
    """
    if size not in SIZES:
        raise ValueError(f"size {size!r} is unknown: expected one of {list(SIZES)}")
    given = SIZES[size]
    detector: Any = MaskRCNN(
        _backbone(given),
        num_classes=None,
        rpn_pre_nms_top_n_train=_PROPOSALS,
        rpn_post_nms_top_n_train=_PROPOSALS,
        rpn_pre_nms_top_n_test=_PROPOSALS,
        rpn_post_nms_top_n_test=_PROPOSALS,
        rpn_batch_size_per_image=_ANCHORS_TAUGHT,
        box_batch_size_per_image=_BOXES_TAUGHT,
        box_detections_per_img=_OBJECTS,
        rpn_anchor_generator=AnchorGenerator(
            tuple((side,) for side in given.anchors), (given.ratios,) * len(given.anchors)
        ),
        box_head=TwoMLPHead(given.channels * POOLED**2, given.box),
        box_predictor=FastRCNNPredictor(given.box, classes + 1),
        mask_head=MaskRCNNHeads(given.channels, [given.mask] * _MASK_LAYERS, 1),
        mask_predictor=MaskRCNNPredictor(given.mask, given.mask, classes + 1),
    )
    return MaskTrackRcnn(detector, TrackHead(given.channels, given.track)).eval()


def _backbone(size: Size) -> nn.Module:
    if size.backbone != "small":
        made: nn.Module = resnet_fpn_backbone(
            backbone_name=size.backbone, weights=None, norm_layer=FrozenBatchNorm2d
        )
        return made
    body = SmallResNet(_WIDTHS)
    layers = {f"layer{number}": str(number - 1) for number in range(1, len(STRIDES))}
    return BackboneWithFPN(body, layers, list(_WIDTHS), size.channels, LastLevelMaxPool())
