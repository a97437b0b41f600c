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
from trackers.detectors.candidates import CandidateFilter
from trackers.detectors.layouts.yolo import yolox
from trackers.detectors.letterbox import place
from trackers.detectors.yolox import Yolox
from trackers.training.loop import Stage, Training, command
from trackers.training.yolox_step import Batch, batch_loss, draw_labelled_images, iou, make_batch

_IMAGES = 12  # images of a batch, each from another sequence
_THRESHOLD = 0.5  # score of a detection, and its IoU with a person, that count in the log
_INITIAL_SCORE = 0.01  # of every cell before training

STAGES = (Stage(900, rate=1e-3, rate_end=0.0),)


def build(seed: int) -> Yolox:
    """Return an untrained network, whose scores are low everywhere."""
    torch.manual_seed(seed)
    model = Yolox("nano", 1)
    bias = float(np.log(_INITIAL_SCORE / (1 - _INITIAL_SCORE)))
    for layers in (model.head.obj_preds, model.head.cls_preds):
        for layer in layers:
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, bias)
    return model


class BatchSampler:
    """Random batches of images.

    Args:
        model: The model that is trained.
        seed: Seed of the random numbers.
    """

    def __init__(self, model: Yolox, seed: list[int]) -> None:
        self._model, self._draw = model, np.random.default_rng(seed)
        self._sources = [draw_labelled_images(self._draw, seed[0]) for _ in range(_IMAGES)]
        self._batch = make_batch(self._draw, self._sources)

    def training_loss(self) -> Tensor:
        """Return the loss of the next batch."""
        self._batch = make_batch(self._draw, self._sources)
        return batch_loss(self._model, self._batch)

    def validate(self) -> dict[str, Any]:
        """Return the recall and precision on the next batch."""
        return recall_and_precision(self._model, make_batch(self._draw, self._sources))


@torch.inference_mode()
def recall_and_precision(model: Yolox, batch: Batch) -> dict[str, float]:
    """Return the recall and precision of detections at IoU 0.5, in [0, 1] each."""
    recalled = correct = detected = people = 0
    choice, (height, width) = (
        CandidateFilter(score=_THRESHOLD, overlap=0.45),
        batch.images.shape[2:],
    )
    size = height, width
    _, placed = place(np.zeros((*size, 3), np.uint8), size, "corner", 0)
    for output, truth in zip(model(batch.images)[0], batch.boxes, strict=True):
        kept = choice.take(yolox([output[None].numpy()], size, 1), placed, {0: 1})
        box = torch.from_numpy(kept.detections.box).float()
        overlapping = iou(box[:, None], truth) > _THRESHOLD
        if overlapping.numel():
            recalled += int(overlapping.any(0).sum())
            correct += int(overlapping.any(1).sum())
        detected, people = detected + len(box), people + len(truth)
    return {"recall": recalled / max(people, 1), "precision": correct / max(detected, 1)}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, required=True, help="folder of the training state")
    parser.add_argument("--output", type=Path, required=True, help="file name.safetensors")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.workdir.mkdir(parents=True, exist_ok=True)
    model = build(args.seed)
    training, first = Training(model, args.workdir / "state.pt"), 0
    for stage in STAGES:
        sampler = BatchSampler(model, [args.seed, training.steps_done])
        training.run(stage, first, sampler.training_loss, sampler.validate)
        first += stage.steps
    training.finish(args.output, STAGES, {"command": command(), "seed": args.seed})


if __name__ == "__main__":
    sys.exit(run_main(main))
