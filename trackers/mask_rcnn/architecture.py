"""MaskTrack R-CNN: torchvision's Mask R-CNN with a tracking head.

The tracking head computes an embedding from the features that the box head pools. Embeddings of the
same object have a large dot product. Source: Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019,
arXiv 1905.04804.
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
_WIDTHS = (32, 64, 128, 192)  # channels of the small backbone's stages
_MAX_PROPOSALS, _MAX_OBJECTS = 200, 10  # in an image
_SAMPLED_ANCHORS, _SAMPLED_BOXES = 64, 128  # per image, in training
_INITIAL_DEVIATION = 0.01  # standard deviation of the tracking head's initial weights


class MaskTrackRcnn(nn.Module):
    """The detector and the tracking head.

    Args:
        detector: Torchvision's MaskRCNN.
        track_head: Maps pooled features (N, C, 7, 7) to embeddings (N, D).
    """

    def __init__(self, detector: MaskRCNN, track_head: nn.Module) -> None:
        super().__init__()
        self.detector, self.track_head = detector, track_head


class TrackHead(nn.Module):
    """Two fully connected layers on the features that the box head pools."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.fcs = nn.ModuleList([nn.Linear(channels * POOLED**2, width), nn.Linear(width, width)])
        for layer in self.fcs:
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, std=_INITIAL_DEVIATION)
            nn.init.zeros_(layer.bias)

    def forward(self, pooled: Tensor) -> Tensor:
        """Return embeddings (N, D) of pooled features (N, C, 7, 7)."""
        first, second = self.fcs
        embedding: Tensor = second(torch.relu(first(pooled.flatten(1))))
        return embedding


class SmallResNet(nn.Module):
    """A residual network with one block per stage, for objects some tens of pixels high."""

    def __init__(self, widths: Many[int]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 5, 2, 2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        previous = widths[0]
        for number, width in enumerate(widths, start=1):
            stride = 1 if number == 1 else 2
            self.add_module(f"layer{number}", _block(previous, width, stride))
            previous = width

    def forward(self, image: Tensor) -> Tensor:
        """Return the features of the last stage."""
        for layer in self.children():
            image = layer(image)
        return image


def _block(previous: int, width: int, stride: int) -> nn.Module:
    shortcut = None
    if stride > 1 or previous != width:
        shortcut = nn.Sequential(
            nn.Conv2d(previous, width, 1, stride, bias=False), nn.BatchNorm2d(width)
        )
    return resnet.BasicBlock(previous, width, stride, shortcut)


def build_model(size: str, classes: int) -> MaskTrackRcnn:
    """Return a model with random weights, in evaluation mode.

    Args:
        size: A key of `SIZES`.
        classes: Number of classes, without the background.

    Raises:
        ValueError: The size is unknown.
    """
    if size not in SIZES:
        raise ValueError(f"size: expected one of {list(SIZES)}, found {size!r}")
    widths = SIZES[size]
    detector: Any = MaskRCNN(
        _backbone(widths),
        num_classes=None,
        rpn_pre_nms_top_n_train=_MAX_PROPOSALS,
        rpn_post_nms_top_n_train=_MAX_PROPOSALS,
        rpn_pre_nms_top_n_test=_MAX_PROPOSALS,
        rpn_post_nms_top_n_test=_MAX_PROPOSALS,
        rpn_batch_size_per_image=_SAMPLED_ANCHORS,
        box_batch_size_per_image=_SAMPLED_BOXES,
        box_detections_per_img=_MAX_OBJECTS,
        rpn_anchor_generator=AnchorGenerator(
            tuple((side,) for side in widths.anchors), (widths.ratios,) * len(widths.anchors)
        ),
        box_head=TwoMLPHead(widths.channels * POOLED**2, widths.box),
        box_predictor=FastRCNNPredictor(widths.box, classes + 1),
        mask_head=MaskRCNNHeads(widths.channels, [widths.mask] * _MASK_LAYERS, 1),
        mask_predictor=MaskRCNNPredictor(widths.mask, widths.mask, classes + 1),
    )
    return MaskTrackRcnn(detector, TrackHead(widths.channels, widths.track)).eval()


def _backbone(size: Size) -> nn.Module:
    if size.backbone != "small":
        backbone: nn.Module = resnet_fpn_backbone(
            backbone_name=size.backbone, weights=None, norm_layer=FrozenBatchNorm2d
        )
        return backbone
    body = SmallResNet(_WIDTHS)
    layers = {f"layer{number}": str(number - 1) for number in range(1, len(STRIDES))}
    return BackboneWithFPN(body, layers, list(_WIDTHS), size.channels, LastLevelMaxPool())
