"""Train MaskTrack R-CNN on prepared sequences with masks and identities.

    python -m trackers.weights.train_masktrack_rcnn --sequences .cache/training/people
        --classes person --fit 384 288 --room .cache/training/masktrack_rcnn
        --output trackers/weights/masktrack_demo.safetensors

`--sequences` holds a folder for each, as `datasets.prepare` writes them. `--start` names weights to
begin with, as `trackers.mask_rcnn.convert` writes them; what is of another shape is left as it is.
An interrupted training goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou

from trackers.mask_rcnn.architecture import MaskTrackRcnn, build_model
from trackers.mask_rcnn.card import Card, write_card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.sizes import SIZES
from trackers.weights.masktrack_lesson import (
    Lesson,
    Video,
    draw_pairs,
    losses_of,
    make_lesson,
    read_videos,
)
from trackers.weights.training import Stage, Training

_PAIRS = 3  # of a lesson
_REACH = 100  # frames between the two of a pair, at most
_SURE = 0.5  # score of an object, and IoU with one, that count in the log

STAGES = (Stage(600, rate=1e-3, rate_end=0.0),)


class School:
    """Lessons, and what has become of each loss."""

    def __init__(
        self, model: MaskTrackRcnn, videos: Many[Video], card: Card, seed: list[int]
    ) -> None:
        self._model, self._card, self._draw = model, card, np.random.default_rng(seed)
        self._pairs = draw_pairs(self._draw, videos, _REACH)
        self._losses: dict[str, float] = {}

    def teach(self) -> Tensor:
        """Return the loss of the next lesson."""
        losses = losses_of(self._model, make_lesson(self._draw, self._pairs, _PAIRS, self._card))
        self._losses = {name: round(float(each.detach()), 3) for name, each in losses.items()}
        return torch.stack([*losses.values()]).sum()

    def examine(self) -> dict[str, Any]:
        """Return the last losses, and how many of the next lesson's objects are found."""
        lesson = make_lesson(self._draw, self._pairs, _PAIRS, self._card)
        return {"losses": self._losses, "recall": round(find(self._model, lesson), 3)}


@torch.inference_mode()
def find(model: MaskTrackRcnn, lesson: Lesson) -> float:
    """Return how many of the objects of a lesson are found, by their boxes."""
    detector: Any = model.detector
    features = detector.backbone(lesson.images)
    proposals, _ = detector.rpn(ImageList(lesson.images, lesson.sizes), features)
    found, _ = detector.roi_heads(features, proposals, lesson.sizes)
    right = sum(
        int((box_iou(each["boxes"][each["scores"] > _SURE], target["boxes"]) > _SURE).any(0).sum())
        for each, target in zip(found, lesson.targets, strict=True)
    )
    return right / max(1, sum(len(target["boxes"]) for target in lesson.targets))


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=Path, required=True, help="folder of prepared ones")
    parser.add_argument("--classes", nargs="+", required=True, help="names in order")
    parser.add_argument("--size", choices=SIZES, default="demo")
    parser.add_argument("--fit", type=int, nargs=2, required=True, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--convention", choices=CONVENTIONS, default="torchvision")
    parser.add_argument("--room", type=Path, required=True, help="for its state")
    parser.add_argument("--output", type=Path, required=True, help="....safetensors")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    card = Card(given.size, tuple(given.classes), given.convention, tuple(given.fit))
    videos = read_videos(given.sequences, card)
    torch.manual_seed(given.seed)
    model = build_model(given.size, len(card.classes))
    given.room.mkdir(parents=True, exist_ok=True)
    learner, first = Training(model, given.room / "state.pt"), 0
    for stage in STAGES:
        school = School(model, videos, card, [given.seed, learner.done])
        learner.run(stage, first, school.teach, school.examine)
        first += stage.steps
    about = {"seed": given.seed, "sequences": len(videos)}
    learner.finish(given.output, STAGES, about, write_card(card))


if __name__ == "__main__":
    main()
