"""One step of the demo detector's training: images, whom each cell is to find, the loss.

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

from datasets.synthesis.scene import play
from datasets.synthesis.scripts import SCENARIOS
from trackers.detectors.yolox import Yolox, cells

_TRAIN = 0  # the split's number in the seed of `datasets/readers/synthetic.py`
_SKIP = 4  # up to so many frames between two of a scene
_LEAST_VISIBLE = 0.2  # of a person who is to be found
_REACH = 2.5  # cells around the centre of a box that may find it
_BOX, _COST_OF_BOX, _FAR = 5.0, 3.0, 1e5
_SUREST = 10  # candidates whose IoU adds up to the number of cells that a box is given
_TINY = 1e-8
_MIRRORED = 0.5  # share of images


@dataclass(frozen=True)
class Lesson:
    """Images side by side.

    Args:
        images: (B, 3, H, W) BGR, 0 to 255.
        boxes: For each, (K, 4) of the people in it.
    """

    images: Tensor
    boxes: list[Tensor]


def draw_scenes(draw: np.random.Generator, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield images and boxes of one scene after the other, without end, some frames left out."""
    names = list(SCENARIOS)
    while True:
        which, number = int(draw.integers(len(names))), int(draw.integers(1 << 31))
        own = np.random.Generator(np.random.PCG64([seed, _TRAIN, which, number]))
        frames = play(own, SCENARIOS[names[which]](own))
        for image, labels in islice(frames, int(draw.integers(_SKIP)), None, _SKIP):
            seen = [label.box for label in labels if label.visibility >= _LEAST_VISIBLE]
            yield image, np.array(seen).reshape(-1, 4)


def make_lesson(
    draw: np.random.Generator, scenes: list[Iterator[tuple[np.ndarray, np.ndarray]]]
) -> Lesson:
    """Return the next image of each scene, in another light, half of them mirrored."""
    images, boxes = [], []
    for scene in scenes:
        image, box = next(scene)
        if draw.random() < _MIRRORED:
            image, width = image[:, ::-1], image.shape[1]
            box = np.stack([width - box[:, 2], box[:, 1], width - box[:, 0], box[:, 3]], 1)
        light = image * draw.uniform(0.8, 1.2, 3) + draw.uniform(-20, 20)
        images.append(light.clip(0, 255)[..., ::-1].astype(np.float32).transpose(2, 0, 1))
        boxes.append(torch.from_numpy(box).float())
    return Lesson(torch.from_numpy(np.ascontiguousarray(images)), boxes)


def loss_of(model: Yolox, lesson: Lesson) -> Tensor:
    """Return the loss of a lesson, by the cells that are to find somebody: box, object, class."""
    raw = model.raw(lesson.images)
    grid, stride = cells(*lesson.images.shape[2:])
    found = _boxes(raw, grid, stride)
    total, count = torch.zeros(()), 0
    for each, logits, truth in zip(found, raw[..., 4:], lesson.boxes, strict=True):
        row, owner, overlap = assign(
            each.detach(), logits.detach(), truth, (grid + 0.5) * stride, stride
        )
        target = torch.zeros(len(each))
        target[row] = 1
        total = total + _cross(logits[:, 0], target)
        total = total + _BOX * (1 - iou(each[row], truth[owner]) ** 2).sum()
        total = total + _cross(logits[row, 1], overlap)
        count += len(row)
    return total / max(count, 1)


def _cross(logits: Tensor, target: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, target, reduction="sum")


def _boxes(raw: Tensor, grid: Tensor, stride: Tensor) -> Tensor:
    """Return the boxes (B, N, 4) that a network's answer means."""
    centre, extent = (raw[..., :2] + grid) * stride, raw[..., 2:4].exp() * stride
    return torch.cat([centre - extent / 2, centre + extent / 2], -1)


def assign(
    found: Tensor, logits: Tensor, truth: Tensor, centre: Tensor, stride: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return which cells are to find which box, and the IoU of what they find with it (SimOTA).

    Args:
        found: (N, 4) boxes.
        logits: (N, 2) of object and class.
        truth: (K, 4).
        centre: (N, 2) of the cells.
        stride: (N, 1).

    Returns:
        (P,) cells, (P,) rows of `truth`, (P,) IoU.
    """
    if not len(truth):
        nothing = torch.zeros(0, dtype=torch.int64)
        return nothing, nothing, torch.zeros(0)
    inside = ((centre[:, None] > truth[:, :2]) & (centre[:, None] < truth[:, 2:])).all(2)
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    close = ((centre[:, None] - middle).abs() < _REACH * stride[:, None]).all(2)
    among = (inside | close).any(1).nonzero()[:, 0]
    overlap = iou(found[among][:, None], truth)
    sure = logits[among].sigmoid().prod(1).sqrt()[:, None].expand_as(overlap)
    wrong = functional.binary_cross_entropy(sure, torch.ones_like(sure), reduction="none")
    cost = wrong - _COST_OF_BOX * (overlap + _TINY).log() + _FAR * ~(inside & close)[among]
    wanted = overlap.topk(min(_SUREST, len(among)), 0).values.sum(0).int().clamp(min=1)
    given = torch.zeros_like(cost, dtype=torch.bool)
    for column, many in enumerate(wanted.tolist()):
        given[cost[:, column].topk(min(many, len(among)), largest=False).indices, column] = True
    contested = given.sum(1) > 1
    given[contested] = functional.one_hot(cost[contested].argmin(1), len(truth)).bool()
    row, owner = given.nonzero(as_tuple=True)
    return among[row], owner, overlap[row, owner]


def iou(one: Tensor, other: Tensor) -> Tensor:
    """Return the IoU of boxes (..., 4)."""
    shared = torch.minimum(one[..., 2:], other[..., 2:]) - torch.maximum(
        one[..., :2], other[..., :2]
    )
    both = shared.clamp(min=0).prod(-1)
    areas = [(each[..., 2:] - each[..., :2]).prod(-1) for each in (one, other)]
    return both / (areas[0] + areas[1] - both).clamp(min=_TINY)
