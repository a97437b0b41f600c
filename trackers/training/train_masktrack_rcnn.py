"""Train MaskTrack R-CNN on prepared sequences with masks and identities.

    python -m trackers.training.train_masktrack_rcnn --sequences .cache/training/people
        --classes person --fit 384 288 --workdir .cache/training/masktrack_rcnn
        --output trackers/weights/masktrack_demo.safetensors

`--sequences` holds a folder for each, as `datasets.prepare` writes them. `--schedule paper` is that
of the authors: 12 epochs of SGD. `--start` names weights to begin with, of torchvision's Mask R-CNN
for COCO or of `trackers.mask_rcnn.convert`; what is of another shape, or not there, is learnt from
nothing. An interrupted training goes on where it was.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou

from datasets.io.program import run_main
from trackers.engines.checkpoint import read_checkpoint
from trackers.mask_rcnn.architecture import MaskTrackRcnn, build_model
from trackers.mask_rcnn.card import Card, write_card
from trackers.mask_rcnn.sizes import SIZES
from trackers.training.loop import Stage, Training, command
from trackers.training.masktrack_rcnn_step import (
    Lesson,
    Video,
    draw_pairs,
    losses_of,
    make_lesson,
    read_videos,
)

_OLD_NAMES = (
    (r"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d)\.(weight|bias)$", r"\1.0.\2"),
    (r"^rpn\.head\.conv\.(weight|bias)$", r"rpn.head.conv.0.0.\1"),
    (
        r"^roi_heads\.mask_head\.mask_fcn(\d)\.(weight|bias)$",
        lambda found: f"roi_heads.mask_head.{int(found[1]) - 1}.0.{found[2]}",
    ),
)
_CONVENTION = "torchvision"  # in which everything is learnt
_EPOCHS, _RATE = 12, 0.005  # of the paper; its repository has this rate
_REACH = 100  # frames between the two of a pair, at most
_SURE = 0.5  # score of an object, and IoU with one, that count in the log

STAGES = (
    Stage(600, rate=1e-3, rate_end=0.0),
    Stage(420, rate=7e-4, rate_end=0.0),
    Stage(1600, rate=7e-4, rate_end=0.0),
)


def stages_of(schedule: str, frames: int, pairs: int) -> tuple[Stage, ...]:
    """Return the stages of the schedule `demo` or `paper`.

    Args:
        frames: That are learnt from.
        pairs: Of a lesson.
    """
    if schedule == "demo":
        return STAGES
    stage = Stage(
        -(-_EPOCHS * frames // pairs),
        _RATE,
        0.0,
        drops=(8 / _EPOCHS, 11 / _EPOCHS),
        optimizer="sgd",
        clip=35.0,
        warm_up=500,
        warm_from=1 / 3,
    )
    return (stage,)


def begin_with(model: MaskTrackRcnn, path: Path) -> list[str]:
    """Give a model the weights of a file that fit it; return the names of those it has not got."""
    own, found = model.state_dict(), read_checkpoint(path)
    if not any(name.startswith("detector.") for name in found):
        found = {f"detector.{_renamed(name)}": each for name, each in found.items()}
    fitting = {
        name: each for name, each in found.items() if name in own and own[name].shape == each.shape
    }
    model.load_state_dict(own | fitting)
    return sorted({*own} - {*fitting})


def _renamed(name: str) -> str:
    """Return a name in torchvision's first checkpoints as torchvision has it now."""
    for old, new in _OLD_NAMES:
        name = re.sub(old, new, name)
    return name


class School:
    """Lessons, and what has become of each loss."""

    def __init__(
        self, model: MaskTrackRcnn, videos: Many[Video], card: Card, count: int, seed: list[int]
    ) -> None:
        self._model, self._card, self._count = model, card, count
        self._draw = np.random.default_rng(seed)
        self._pairs = draw_pairs(self._draw, videos, _REACH)
        self._losses: dict[str, float] = {}

    def teach(self) -> Tensor:
        """Return the loss of the next lesson."""
        losses = losses_of(self._model, self._next())
        self._losses = {name: round(float(each.detach()), 3) for name, each in losses.items()}
        return torch.stack([*losses.values()]).sum()

    def examine(self) -> dict[str, Any]:
        """Return the last losses, and how many of the next lesson's objects are found."""
        return {"losses": self._losses, "recall": round(recall_of(self._model, self._next()), 3)}

    def _next(self) -> Lesson:
        lesson = make_lesson(self._draw, self._pairs, self._count, self._card)
        return lesson.to(next(self._model.parameters()).device)


@torch.inference_mode()
def recall_of(model: MaskTrackRcnn, lesson: Lesson) -> float:
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=Path, required=True, help="folder of prepared ones")
    parser.add_argument("--classes", nargs="+", required=True, help="names in order")
    parser.add_argument("--size", choices=SIZES, default="demo")
    parser.add_argument("--fit", type=int, nargs=2, required=True, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--schedule", choices=["demo", "paper"], default="demo")
    parser.add_argument("--pairs", type=int, default=3, help="of frames in a lesson")
    parser.add_argument("--start", type=Path, help="weights to begin with")
    parser.add_argument("--go-on-from", type=Path, help="weights of an earlier training, with log")
    parser.add_argument("--workdir", type=Path, required=True, help="for its state")
    parser.add_argument("--output", type=Path, required=True, help="....safetensors")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="as PyTorch calls it")
    args = parser.parse_args()
    if args.size != "demo" and not args.start:
        parser.error(f"--size {args.size}: --start expected, its first layers are not learnt")
    return args


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    card = Card(args.size, tuple(args.classes), _CONVENTION, tuple(args.fit))
    videos = read_videos(args.sequences, card, _REACH)
    torch.manual_seed(args.seed)
    model = build_model(args.size, len(card.classes))
    model.to(args.device)
    if args.start:
        left = begin_with(model, args.start)
        print(f"{args.start}: learnt from nothing: {', '.join(left) or 'no weight'}")
    args.workdir.mkdir(parents=True, exist_ok=True)
    learner, first = Training(model, args.workdir / "state.pt"), 0
    if args.go_on_from:
        learner.go_on_from(args.go_on_from)
    frames = sum(len(video.frames) for video in videos)
    stages = stages_of(args.schedule, frames, args.pairs)
    for stage in stages:
        school = School(model, videos, card, args.pairs, [args.seed, learner.done])
        learner.run(stage, first, school.teach, school.examine)
        first += stage.steps
    about = {"command": command(), "sequences": len(videos)}
    learner.finish(args.output, stages, about, write_card(card))


if __name__ == "__main__":
    sys.exit(run_main(main))
