"""MaskTrack R-CNN split into networks; boxes are selected between them.

| network | input | output |
|---|---|---|
| `pyramid` | image | features of 4 levels; scores and deltas of the anchors of 5 levels |
| `classify` | features, proposals | class scores, and box deltas for each class |
| `embed` | features, boxes | embeddings for association |
| `segment` | features, boxes | masks for each class |

Each network runs once per frame. Boxes are passed level by level, and the outputs have that order.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.ops import roi_align

from trackers.mask_rcnn.architecture import MaskTrackRcnn
from trackers.mask_rcnn.conventions import Convention
from trackers.mask_rcnn.sizes import LEVELS, MASKED, POOLED, STRIDES


class Pyramid(nn.Module):
    """Compute features, and scores and deltas of anchors, from the image of a frame."""

    outputs = (
        *LEVELS,
        *(f"objectness{number}" for number in range(len(STRIDES))),
        *(f"deltas{number}" for number in range(len(STRIDES))),
    )

    def __init__(self, model: MaskTrackRcnn) -> None:
        super().__init__()
        detector: Any = model.detector
        self.backbone, self.head = detector.backbone, detector.rpn.head

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return the arrays named in `outputs`.

        Args:
            image: (1, 3, H, W), normalised.

        Returns:
            Features (1, C, h, w), scores (h * w * R,) and deltas (h * w * R, 4) of each level.
        """
        features = list(self.backbone(image).values())
        scores, deltas = self.head(features)
        flat_scores = [each.permute(0, 2, 3, 1).flatten() for each in scores]
        flat_deltas = [each.permute(0, 2, 3, 1).reshape(-1, 4) for each in deltas]
        return (*features[: len(LEVELS)], *flat_scores, *flat_deltas)


class Pooler(nn.Module):
    """RoIAlign of the boxes of each level."""

    def __init__(self, bins: int, convention: Convention) -> None:
        super().__init__()
        self.bins, self.aligned = bins, convention.aligned
        self.samples = convention.samples or -1
        self.one = 1.0 if convention.inclusive else 0.0

    def forward(self, levels: tuple[Tensor, ...], boxes: tuple[Tensor, ...]) -> Tensor:
        """Return pooled features, (N, C, bins, bins)."""
        pooled = []
        for stride, level, box in zip(STRIDES, levels, boxes, strict=False):
            far = torch.cat([box[:, :2], box[:, 2:] + self.one], 1)
            rois = torch.cat([torch.zeros_like(box[:, :1]), far], 1)
            scale = 1 / stride
            pooled.append(roi_align(level, rois, self.bins, scale, self.samples, self.aligned))
        return torch.cat(pooled)


class Head(nn.Module):
    """A network on the features pooled for boxes.

    Args:
        bins: Number of RoIAlign bins in each direction.
        convention: The convention of the weights.
        layers: Layers that take pooled features (N, C, bins, bins).
        outputs: Names of the outputs.
    """

    def __init__(
        self, bins: int, convention: Convention, layers: nn.Module, outputs: tuple[str, ...]
    ) -> None:
        super().__init__()
        self.pooler, self.layers, self.outputs = Pooler(bins, convention), layers, outputs

    def forward(
        self,
        level0: Tensor,
        level1: Tensor,
        level2: Tensor,
        level3: Tensor,
        boxes0: Tensor,
        boxes1: Tensor,
        boxes2: Tensor,
        boxes3: Tensor,
    ) -> tuple[Tensor, ...]:
        """Return the arrays named in `outputs` for the boxes of each level, (N, 4) in the input."""
        pooled = self.pooler((level0, level1, level2, level3), (boxes0, boxes1, boxes2, boxes3))
        outputs: tuple[Tensor, ...] = self.layers(pooled)
        return outputs


class _Classes(nn.Module):
    def __init__(self, heads: Any) -> None:
        super().__init__()
        self.head, self.predictor = heads.box_head, heads.box_predictor

    def forward(self, pooled: Tensor) -> tuple[Tensor, ...]:
        logits, deltas = self.predictor(self.head(pooled))
        return logits, deltas


class _Embedding(nn.Module):
    def __init__(self, head: nn.Module, *, positive: bool) -> None:
        super().__init__()
        self.head, self.positive = head, positive

    def forward(self, pooled: Tensor) -> tuple[Tensor, ...]:
        vector = self.head(pooled)
        return (torch.relu(vector) if self.positive else vector,)


class _Masks(nn.Module):
    def __init__(self, heads: Any) -> None:
        super().__init__()
        self.head, self.predictor = heads.mask_head, heads.mask_predictor

    def forward(self, pooled: Tensor) -> tuple[Tensor, ...]:
        return (self.predictor(self.head(pooled)),)


def modules(model: MaskTrackRcnn, convention: Convention) -> dict[str, nn.Module]:
    """Return the networks by name."""
    heads: Any = model.detector.roi_heads
    embedding = _Embedding(model.track_head, positive=convention.positive)
    return {
        "pyramid": Pyramid(model),
        "classify": Head(POOLED, convention, _Classes(heads), ("logits", "moves")),
        "embed": Head(POOLED, convention, embedding, ("vectors",)),
        "segment": Head(MASKED, convention, _Masks(heads), ("masks",)),
    }
