"""Train MaskTrack R-CNN on prepared sequences with masks and identities.

    python -m trackers.training.train_masktrack_rcnn --sequences .cache/training/people
        --classes person --fit 384 288 --workdir .cache/training/masktrack_rcnn
        --output trackers/weights/masktrack_demo.safetensors

`--sequences` has a subfolder for each sequence, as `datasets.prepare` writes it. `--schedule paper`
is the authors' schedule: 12 epochs of SGD. `--start` names initial weights, of torchvision's Mask
R-CNN for COCO or from `trackers.mask_rcnn.convert`; tensors that are missing or have another shape
are trained from scratch. An interrupted training resumes from the state in `--workdir`.
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
    Batch,
    Video,
    batch_losses,
    draw_pairs,
    make_batch,
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
_CONVENTION = "torchvision"  # convention of all trained weights
_EPOCHS, _RATE = 12, 0.005  # epochs of the paper, learning rate of its repository
_REACH = 100  # maximum distance between the frames of a pair, in frames
_THRESHOLD = 0.5  # score of an object, and IoU with its box, that count as recall in the log

STAGES = (
    Stage(600, rate=1e-3, rate_end=0.0),
    Stage(420, rate=7e-4, rate_end=0.0),
    Stage(1600, rate=7e-4, rate_end=0.0),
)


def make_stages(schedule: str, frames: int, pairs: int) -> tuple[Stage, ...]:
    """Return the stages of a schedule.

    Args:
        schedule: `demo` or `paper`.
        frames: Number of frames in the training set.
        pairs: Number of pairs in a batch.
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


def load_matching_weights(model: MaskTrackRcnn, path: Path) -> list[str]:
    """Load those weights of a file that fit a model; return the names of the model's others."""
    own, saved = model.state_dict(), read_checkpoint(path)
    if not any(name.startswith("detector.") for name in saved):
        saved = {f"detector.{_renamed(name)}": each for name, each in saved.items()}
    fitting = {
        name: each for name, each in saved.items() if name in own and own[name].shape == each.shape
    }
    model.load_state_dict(own | fitting)
    return sorted({*own} - {*fitting})


def _renamed(name: str) -> str:
    """Return the current torchvision name of a tensor in torchvision's first checkpoints."""
    for old, new in _OLD_NAMES:
        name = re.sub(old, new, name)
    return name


class BatchSampler:
    """Batches of random pairs, and the losses of the last one.

    Args:
        model: The model that is trained.
        videos: The sequences.
        card: The model's network card.
        count: Number of pairs in a batch.
        seed: Seed of the random numbers.
    """

    def __init__(
        self, model: MaskTrackRcnn, videos: Many[Video], card: Card, count: int, seed: list[int]
    ) -> None:
        self._model, self._card, self._count = model, card, count
        self._draw = np.random.default_rng(seed)
        self._pairs = draw_pairs(self._draw, videos, _REACH)
        self._losses: dict[str, float] = {}

    def training_loss(self) -> Tensor:
        """Return the loss of the next batch."""
        losses = batch_losses(self._model, self._next())
        self._losses = {name: round(float(each.detach()), 3) for name, each in losses.items()}
        return torch.stack([*losses.values()]).sum()

    def validate(self) -> dict[str, Any]:
        """Return the losses of the last batch, and the recall on the next one."""
        return {"losses": self._losses, "recall": round(box_recall(self._model, self._next()), 3)}

    def _next(self) -> Batch:
        batch = make_batch(self._draw, self._pairs, self._count, self._card)
        return batch.to(next(self._model.parameters()).device)


@torch.inference_mode()
def box_recall(model: MaskTrackRcnn, batch: Batch) -> float:
    """Return the share of a batch's objects that a detected box overlaps."""
    detector: Any = model.detector
    features = detector.backbone(batch.images)
    proposals, _ = detector.rpn(ImageList(batch.images, batch.sizes), features)
    detections, _ = detector.roi_heads(features, proposals, batch.sizes)
    recalled = 0
    for found, target in zip(detections, batch.targets, strict=True):
        box = found["boxes"][found["scores"] > _THRESHOLD]
        recalled += int((box_iou(box, target["boxes"]) > _THRESHOLD).any(0).sum())
    return recalled / max(1, sum(len(target["boxes"]) for target in batch.targets))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sequences", type=Path, required=True, help="folder of prepared sequences"
    )
    parser.add_argument("--classes", nargs="+", required=True, help="class names in order")
    parser.add_argument("--size", choices=SIZES, default="demo")
    parser.add_argument(
        "--fit",
        type=int,
        nargs=2,
        required=True,
        metavar=("WIDTH", "HEIGHT"),
        help="pixels that images are resized to fit within",
    )
    parser.add_argument("--schedule", choices=["demo", "paper"], default="demo")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of frames in a batch")
    parser.add_argument("--start", type=Path, help="initial weights")
    parser.add_argument(
        "--resume-from", type=Path, help="weights of an earlier training, with its JSON file"
    )
    parser.add_argument("--workdir", type=Path, required=True, help="folder of the training state")
    parser.add_argument("--output", type=Path, required=True, help="file name.safetensors")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="PyTorch device, such as cpu or cuda")
    args = parser.parse_args()
    if args.size != "demo" and not args.start:
        parser.error(
            f"--start: expected initial weights for --size {args.size}, whose first layers are "
            "frozen, found none"
        )
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
        others = load_matching_weights(model, args.start)
        print(f"{args.start}: trained from scratch: {', '.join(others) or 'no weight'}")
    args.workdir.mkdir(parents=True, exist_ok=True)
    training, first = Training(model, args.workdir / "state.pt"), 0
    if args.resume_from:
        training.resume_from(args.resume_from)
    frames = sum(len(video.frames) for video in videos)
    stages = make_stages(args.schedule, frames, args.pairs)
    for stage in stages:
        seed = [args.seed, training.steps_done]
        sampler = BatchSampler(model, videos, card, args.pairs, seed)
        training.run(stage, first, sampler.training_loss, sampler.validate)
        first += stage.steps
    record = {"command": command(), "sequences": len(videos)}
    training.finish(args.output, stages, record, write_card(card))


if __name__ == "__main__":
    sys.exit(run_main(main))
