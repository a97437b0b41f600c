"""Reference implementation of MaskTrack R-CNN's heads in the conventions of two projects.

It processes one box and one pixel at a time. It is written from the specification of the
conventions, on tensors in the projects' own layout, and shares only the backbone with the tested
code, on which the projects agree.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from torch.nn import functional
from torchvision.ops import roi_align

STRIDES = (4, 8, 16, 32, 64)
GROWTH = math.log(1000 / 16)


class Project:
    """The heads of one of the two projects.

    Args:
        layout: `masktrack_rcnn` or `mmtracking`.
        state: Tensors of the project by their names without prefixes.
    """

    def __init__(self, layout, state):
        self.old = layout == "masktrack_rcnn"
        self.one = 1.0 if self.old else 0.0
        self.state = state

    def anchors(self, level, rows, columns, side, ratios):
        stride = STRIDES[level]
        for row in range(rows):
            for column in range(columns):
                for ratio in ratios:
                    width, height = side / math.sqrt(ratio), side * math.sqrt(ratio)
                    if self.old:
                        centre = 0.5 * (stride - 1)
                        half = 0.5 * (width - 1), 0.5 * (height - 1)
                        base = [
                            centre - half[0],
                            centre - half[1],
                            centre + half[0],
                            centre + half[1],
                        ]
                        base = [float(np.round(each)) for each in base]
                    else:
                        base = [-width / 2, -height / 2, width / 2, height / 2]
                    shift = [column * stride, row * stride] * 2
                    yield [each + move for each, move in zip(base, shift, strict=True)]

    def decode(self, box, delta, size):
        width, height = box[2] - box[0] + self.one, box[3] - box[1] + self.one
        across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        across, down = across + width * delta[0], down + height * delta[1]
        width *= math.exp(min(max(delta[2], -GROWTH), GROWTH))
        height *= math.exp(min(max(delta[3], -GROWTH), GROWTH))
        moved = [
            across - width / 2 + self.one / 2,
            down - height / 2 + self.one / 2,
            across + width / 2 - self.one / 2,
            down + height / 2 - self.one / 2,
        ]
        limits = [size[1] - self.one, size[0] - self.one] * 2
        return [min(max(each, 0.0), last) for each, last in zip(moved, limits, strict=True)]

    def iou(self, first, second):
        width = min(first[2], second[2]) - max(first[0], second[0]) + self.one
        height = min(first[3], second[3]) - max(first[1], second[1]) + self.one
        both = max(width, 0) * max(height, 0)
        return both / (self.area(first) + self.area(second) - both)

    def area(self, box):
        return (box[2] - box[0] + self.one) * (box[3] - box[1] + self.one)

    def suppressed(self, scored, overlap):
        """Return the (score, box, ...) left by non-maximum suppression, by descending score."""
        kept = []
        for each in sorted(scored, key=lambda entry: -entry[0]):
            if all(self.iou(each[1], better[1]) <= overlap for better in kept):
                kept.append(each)
        return kept

    def pool(self, levels, box, bins):
        side = math.sqrt(self.area(box))
        level = min(max(math.floor(math.log2(side / 56 + 1e-6)), 0), 3)
        roi = torch.tensor([[0.0, box[0], box[1], box[2] + self.one, box[3] + self.one]])
        scale = 1 / STRIDES[level]
        samples = 2 if self.old else -1
        return roi_align(levels[level], roi, bins, scale, samples, aligned=not self.old)

    def linear(self, x, name):
        return functional.linear(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"])

    def propose(self, objectness, deltas, size, anchors):
        found = []
        for level, (scores, moves) in enumerate(zip(objectness, deltas, strict=True)):
            scored = []
            for row in scores.argsort(descending=True, stable=True)[:200].tolist():
                box = self.decode(anchors[level][row], moves[row].tolist(), size)
                if box[2] - box[0] + self.one >= 1e-3 and box[3] - box[1] + self.one >= 1e-3:
                    scored.append((scores[row].item(), box))
            found += self.suppressed(scored, 0.7)
        return [box for _, box in sorted(found, key=lambda entry: -entry[0])[:200]]

    def detect(self, levels, proposals, size):
        """Return (score, box, class from 0) by descending score."""
        scored = {}
        for box in proposals:
            x = self.pool(levels, box, 7).flatten(1)
            x = self.linear(
                torch.relu(self.linear(x, "bbox_head.shared_fcs.0")), "bbox_head.shared_fcs.1"
            )
            x = torch.relu(x)
            probability = self.linear(x, "bbox_head.fc_cls").softmax(1)[0]
            moves = self.linear(x, "bbox_head.fc_reg")[0].reshape(-1, 4)
            for label in range(len(probability) - 1):
                score = probability[label + 1 if self.old else label].item()
                delta = moves[label + 1 if self.old else label] * torch.tensor([0.1, 0.1, 0.2, 0.2])
                moved = self.decode(box, delta.tolist(), size)
                if score > 0.05 and self.area(moved) > 1e-2:
                    scored.setdefault(label, []).append((score, moved, label))
        found = [each for label in scored for each in self.suppressed(scored[label], 0.5)]
        return sorted(found, key=lambda entry: -entry[0])[:10]

    def vector(self, levels, box):
        x = torch.relu(self.linear(self.pool(levels, box, 7).flatten(1), "track_head.fcs.0"))
        x = self.linear(x, "track_head.fcs.1")
        return (x if self.old else torch.relu(x))[0]

    def mask(self, levels, box, label, size):
        x, state = self.pool(levels, box, 14), self.state
        for layer in range(4):
            name = f"mask_head.convs.{layer}.conv"
            x = functional.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=1)
            x = torch.relu(x)
        name = "mask_head.upsample"
        x = functional.conv_transpose2d(x, state[f"{name}.weight"], state[f"{name}.bias"], 2)
        name = "mask_head.conv_logits"
        x = functional.conv2d(torch.relu(x), state[f"{name}.weight"], state[f"{name}.bias"])
        probability = x[0, label + 1 if self.old else label].sigmoid().numpy()
        paste = self.resized if self.old else self.sampled
        return paste(probability, box, size)

    def resized(self, probability, box, size):
        left, top, right, bottom = (int(each) for each in box)
        width, height = max(right - left + 1, 1), max(bottom - top + 1, 1)
        mask = np.zeros(size, bool)
        mask[top : top + height, left : left + width] = (
            cv2.resize(probability, (width, height)) > 0.5
        )
        return mask

    def sampled(self, probability, box, size):
        rows, columns = (torch.arange(each) + 0.5 for each in size)
        down = (rows - box[1]) / (box[3] - box[1]) * 2 - 1
        across = (columns - box[0]) / (box[2] - box[0]) * 2 - 1
        grid = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1)[None].float()
        sampled = functional.grid_sample(
            torch.from_numpy(probability)[None, None], grid, align_corners=False
        )
        return (sampled[0, 0] >= 0.5).numpy()
