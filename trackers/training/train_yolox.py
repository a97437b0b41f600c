"""Train the demo detector, a YOLOX-nano of one class, on synthetic people.

python -m trackers.training.train_yolox --workdir .cache/training/yolox
    --output trackers/weights/yolox_demo.safetensors
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from datasets.io.program import run_main
from trackers.detectors.candidates import Choice
from trackers.detectors.letterbox import place
from trackers.detectors.yolo import yolox
from trackers.detectors.yolox import Yolox
from trackers.training.loop import Stage, Training, command
from trackers.training.yolox_step import Lesson, draw_scenes, iou, loss_of, make_lesson

_SCENES = 12  # images of a lesson, each of another scene
_SURE = 0.5  # score of a detection, and IoU with a person, that count in the log
_RARE = 0.01  # probability that a cell finds something, at the begin

STAGES = (Stage(900, rate=1e-3, rate_end=0.0),)


def build(seed: int) -> Yolox:
    """Return a network before training, which finds nothing anywhere."""
    torch.manual_seed(seed)
    model = Yolox("nano", 1)
    bias = float(np.log(_RARE / (1 - _RARE)))
    for layers in (model.head.obj_preds, model.head.cls_preds):
        for layer in layers:
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, bias)
    return model


class School:
    """Lessons.

    Args:
        model: That learns.
    """

    def __init__(self, model: Yolox, seed: list[int]) -> None:
        self._model, self._draw = model, np.random.default_rng(seed)
        self._scenes = [draw_scenes(self._draw, seed[0]) for _ in range(_SCENES)]
        self._lesson = make_lesson(self._draw, self._scenes)

    def teach(self) -> Tensor:
        """Return the loss of the next lesson."""
        self._lesson = make_lesson(self._draw, self._scenes)
        return loss_of(self._model, self._lesson)

    def examine(self) -> dict[str, Any]:
        """Return the recall and precision of the next lesson."""
        return count_found(self._model, make_lesson(self._draw, self._scenes))


@torch.inference_mode()
def count_found(model: Yolox, lesson: Lesson) -> dict[str, float]:
    """Return how many of the people are found with IoU 0.5, and how many of those found are one."""
    met = right = found = real = 0
    choice, (height, width) = Choice(score=_SURE, overlap=0.45), lesson.images.shape[2:]
    size = height, width
    _, placed = place(np.zeros((*size, 3), np.uint8), size, "corner", 0)
    for answer, truth in zip(model(lesson.images)[0], lesson.boxes, strict=True):
        kept = choice.take(yolox([answer[None].numpy()], size, 1), placed, {0: 1})
        box = torch.from_numpy(kept.detections.box).float()
        close = iou(box[:, None], truth) > _SURE
        if close.numel():
            met, right = met + int(close.any(0).sum()), right + int(close.any(1).sum())
        found, real = found + len(box), real + len(truth)
    return {"recall": met / max(real, 1), "precision": right / max(found, 1)}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, required=True, help="for its state")
    parser.add_argument("--output", type=Path, required=True, help="....safetensors")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.workdir.mkdir(parents=True, exist_ok=True)
    model = build(args.seed)
    learner, first = Training(model, args.workdir / "state.pt"), 0
    for stage in STAGES:
        school = School(model, [args.seed, learner.done])
        learner.run(stage, first, school.teach, school.examine)
        first += stage.steps
    learner.finish(args.output, STAGES, {"command": command(), "seed": args.seed})


if __name__ == "__main__":
    sys.exit(run_main(main))
