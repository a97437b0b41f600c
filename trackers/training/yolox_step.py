"""A training step of the demo detector: images, the assignment of boxes to cells, and the loss.

Source: Ge et al., YOLOX, arXiv 2107.08430, section 2; Ge et al., OTA, arXiv 2103.14259.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import SCENARIOS
from trackers.detectors.yolox import Yolox, cells

_TRAIN = 0  # number of the split in the seed of `datasets/readers/synthetic.py`
_STEP = 4  # frames from one image of a sequence to the next
_MIN_VISIBILITY = 0.2  # of a person that is to be detected
_RADIUS = 2.5  # cells around the centre of a box that can be assigned to it
_BOX_WEIGHT = 5.0  # of the box loss
_BOX_COST, _OUTSIDE_COST = 3.0, 1e5  # weights in the cost of an assignment
_CANDIDATES = 10  # cells whose IoUs sum up to the number of cells that a box is assigned
_EPSILON = 1e-8
_MIRRORED = 0.5  # share of images


@dataclass(frozen=True)
class Batch:
    """A batch of B images.

    Args:
        images: (B, 3, H, W) BGR, 0 to 255.
        boxes: Boxes of the people in each image, (K, 4).
    """

    images: Tensor
    boxes: list[Tensor]


def draw_labelled_images(
    draw: np.random.Generator, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield images and boxes of random synthetic sequences, one after the other, forever."""
    names = list(SCENARIOS)
    while True:
        scenario, number = int(draw.integers(len(names))), int(draw.integers(1 << 31))
        own = np.random.Generator(np.random.PCG64([seed, _TRAIN, scenario, number]))
        frames = play(own, SCENARIOS[names[scenario]](own))
        for image, labels in islice(frames, int(draw.integers(_STEP)), None, _STEP):
            visible = [label.box for label in labels if label.visibility >= _MIN_VISIBILITY]
            yield image, np.array(visible).reshape(-1, 4)


def make_batch(
    draw: np.random.Generator, sources: list[Iterator[tuple[np.ndarray, np.ndarray]]]
) -> Batch:
    """Return the next image of each source, with random brightness and mirroring."""
    images, boxes = [], []
    for source in sources:
        image, box = next(source)
        if draw.random() < _MIRRORED:
            image, width = image[:, ::-1], image.shape[1]
            box = np.stack([width - box[:, 2], box[:, 1], width - box[:, 0], box[:, 3]], 1)
        varied = image * draw.uniform(0.8, 1.2, 3) + draw.uniform(-20, 20)
        images.append(varied.clip(0, 255)[..., ::-1].astype(np.float32).transpose(2, 0, 1))
        boxes.append(torch.from_numpy(box).float())
    return Batch(torch.from_numpy(np.ascontiguousarray(images)), boxes)


def batch_loss(model: Yolox, batch: Batch) -> Tensor:
    """Return the loss of a batch per assigned cell: the sum of object, box and class losses."""
    raw = model.raw(batch.images)
    grid, stride = cells(*batch.images.shape[2:])
    predicted = _boxes(raw, grid, stride)
    total, count = torch.zeros(()), 0
    for each, logits, truth in zip(predicted, raw[..., 4:], batch.boxes, strict=True):
        row, owner, overlap = assign(
            each.detach(), logits.detach(), truth, (grid + 0.5) * stride, stride
        )
        target = torch.zeros(len(each))
        target[row] = 1
        total = total + _cross_entropy(logits[:, 0], target)
        total = total + _BOX_WEIGHT * (1 - iou(each[row], truth[owner]) ** 2).sum()
        total = total + _cross_entropy(logits[row, 1], overlap)
        count += len(row)
    return total / max(count, 1)


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, target, reduction="sum")


def _boxes(raw: Tensor, grid: Tensor, stride: Tensor) -> Tensor:
    """Return the boxes (B, N, 4) decoded from the outputs of a network."""
    centre, extent = (raw[..., :2] + grid) * stride, raw[..., 2:4].exp() * stride
    return torch.cat([centre - extent / 2, centre + extent / 2], -1)


def assign(
    predicted: Tensor, logits: Tensor, truth: Tensor, centre: Tensor, stride: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the cells assigned to ground-truth boxes by SimOTA, with the IoU of each pair.

    Args:
        predicted: (N, 4), the predicted box of each cell.
        logits: (N, 2), of object and class.
        truth: (K, 4), ground-truth boxes.
        centre: (N, 2), centres of the cells.
        stride: (N, 1), strides of the cells.

    Returns:
        (P,) cells, (P,) rows of `truth`, (P,) IoU.
    """
    if not len(truth):
        empty = torch.zeros(0, dtype=torch.int64)
        return empty, empty, torch.zeros(0)
    inside = ((centre[:, None] > truth[:, :2]) & (centre[:, None] < truth[:, 2:])).all(2)
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    close = ((centre[:, None] - middle).abs() < _RADIUS * stride[:, None]).all(2)
    candidates = (inside | close).any(1).nonzero()[:, 0]
    overlap = iou(predicted[candidates][:, None], truth)
    score = logits[candidates].sigmoid().prod(1).sqrt()[:, None].expand_as(overlap)
    class_cost = functional.binary_cross_entropy(score, torch.ones_like(score), reduction="none")
    outside = ~(inside & close)[candidates]
    cost = class_cost - _BOX_COST * (overlap + _EPSILON).log() + _OUTSIDE_COST * outside
    counts = overlap.topk(min(_CANDIDATES, len(candidates)), 0).values.sum(0).int().clamp(min=1)
    assigned = torch.zeros_like(cost, dtype=torch.bool)
    for column, count in enumerate(counts.tolist()):
        best = cost[:, column].topk(min(count, len(candidates)), largest=False).indices
        assigned[best, column] = True
    contested = assigned.sum(1) > 1
    assigned[contested] = functional.one_hot(cost[contested].argmin(1), len(truth)).bool()
    row, owner = assigned.nonzero(as_tuple=True)
    return candidates[row], owner, overlap[row, owner]


def iou(one: Tensor, other: Tensor) -> Tensor:
    """Return the IoU of boxes (..., 4), elementwise."""
    shared = torch.minimum(one[..., 2:], other[..., 2:]) - torch.maximum(
        one[..., :2], other[..., :2]
    )
    both = shared.clamp(min=0).prod(-1)
    areas = [(each[..., 2:] - each[..., :2]).prod(-1) for each in (one, other)]
    return both / (areas[0] + areas[1] - both).clamp(min=_EPSILON)
