"""Train the demo SAM 2 on synthetic people.

    python -m trackers.training.train_sam2 --workdir .cache/training/sam2
        --output trackers/weights/sam2_demo.safetensors

The first stage trains on single images, the later ones on clips, then on longer clips. `--workdir`
holds the synthetic training sequences ("worlds") and the training state, from which an interrupted
training resumes. After the last stage, the weights are written, and beside them a JSON file with
the command, the stages and the log.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datasets.io.program import run_main
from trackers.sam2.architecture import build_model
from trackers.training import loop
from trackers.training.clips import Clip, World, draw_clips, load_worlds
from trackers.training.sam2_step import Batch, batch_loss, draw_prompts, evaluate, make_batch

_TEACHER_FORCED = 0.3  # share of batches whose memories are made from ground-truth masks


@dataclass(frozen=True)
class Stage(loop.Stage):
    """A stage of the training.

    Args:
        clips: Number of clips in a batch.
        length: Number of frames of a clip.
        people: Maximum number of people tracked in a clip.
        stills: Number of single images in a batch beside the clips, with up to three more people
            each.
        gaps: Share of clips with a gap, see `draw_clips`.
        near: Share of clips of people who come near each other, see `draw_clips`.
        coloured: Share of clips and stills with permuted colours, see `make_batch`.
        exclusive: Whether a pixel belongs to one person only in the memories, see `batch_loss`.
        sharp: Whether the loss is computed at the image's resolution, see `batch_loss`.
    """

    clips: int
    length: int
    people: int
    stills: int = 0
    gaps: float = 0.0
    near: float = 0.0
    coloured: float = 0.0
    exclusive: bool = False
    sharp: bool = False


STAGES = (
    Stage(2500, clips=6, length=1, people=8, rate=8e-4, rate_end=5e-4),
    Stage(1000, clips=4, length=4, people=5, rate=5e-4, rate_end=4e-4),
    Stage(1150, clips=2, length=8, people=5, rate=4e-4, rate_end=0.0),
    Stage(1050, clips=2, length=4, people=5, stills=6, rate=5e-4, rate_end=4e-4, optimizer="muon"),
    Stage(400, clips=2, length=8, people=5, stills=6, rate=4e-4, rate_end=0.0, optimizer="muon"),
    Stage(
        1000, clips=2, length=8, people=5, stills=4, gaps=0.6, rate=4e-4, rate_end=0.0,
        optimizer="muon",
    ),
    Stage(
        200, clips=2, length=8, people=6, stills=4, gaps=0.5, rate=4e-4, rate_end=3.9e-4,
        optimizer="muon",
    ),
    Stage(
        1250, clips=2, length=8, people=6, stills=4, gaps=0.5, exclusive=True, rate=4e-4,
        rate_end=0.0, optimizer="muon", warm_up=1,
    ),
    Stage(
        850, clips=2, length=8, people=6, stills=4, gaps=0.5, near=0.7, coloured=0.5,
        exclusive=True, rate=4e-4, rate_end=0.0, optimizer="muon", warm_up=20,
    ),
    Stage(
        200, clips=2, length=8, people=6, stills=4, gaps=0.5, near=0.7, coloured=0.5,
        exclusive=True, rate=4e-4, rate_end=3.5e-4, optimizer="muon", warm_up=20,
    ),
    Stage(
        1000, clips=2, length=8, people=6, stills=4, gaps=0.5, near=0.7, coloured=0.5,
        exclusive=True, sharp=True, rate=4e-4, rate_end=0.0, optimizer="muon", warm_up=1,
    ),
)  # fmt: skip


class BatchSampler:
    """Random batches of one stage.

    Args:
        model: The model that is trained.
        worlds: The training sequences.
        stage: The stage.
        seed: Seed of the random numbers.
    """

    def __init__(self, model: Any, worlds: list[World], stage: Stage, seed: list[int]) -> None:
        self._model, self._stage = model, stage
        self._draw = np.random.default_rng(seed)
        self._source = draw_clips(
            self._draw, worlds, stage.length, stage.people, stage.gaps, stage.near
        )
        self._stills = draw_clips(self._draw, worlds, 1, stage.people + 3)
        self._batch = self._next(self._source, stage.clips)

    def training_loss(self) -> Tensor:
        """Return the loss of the next batch."""
        self._batch = self._next(self._source, self._stage.clips)
        loss = self._loss(self._batch)
        if self._stage.stills:
            loss = loss + self._loss(self._next(self._stills, self._stage.stills))
        return loss

    def _next(self, source: Iterator[Clip], clips: int) -> Batch:
        return make_batch(self._draw, source, clips, self._stage.coloured)

    def _loss(self, batch: Batch) -> Tensor:
        prompts = draw_prompts(self._draw, batch.masks[0], allow_masks=len(batch.images) > 1)
        teacher_forced = bool(self._draw.random() < _TEACHER_FORCED)
        return batch_loss(
            self._model, batch, prompts, teacher_forced, self._stage.exclusive, self._stage.sharp
        )

    def validate(self) -> dict[str, Any]:
        """Return the mask IoU in each frame of the last batch."""
        ious = evaluate(self._model, self._batch, self._stage.exclusive)
        return {"iou": [round(iou, 3) for iou in ious]}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--workdir", type=Path, required=True, help="folder of the training state and the worlds"
    )
    parser.add_argument("--output", type=Path, required=True, help="file name.safetensors")
    parser.add_argument("--worlds", type=int, default=80, help="number of training sequences")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--resume-from", type=Path, help="weights of an earlier training, with its JSON file"
    )
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    model: Any = build_model("demo")
    worlds = load_worlds(args.workdir / "worlds", args.worlds, model.image_size, args.seed)
    training, first = loop.Training(model, args.workdir / "state.pt"), 0
    if args.resume_from:
        training.resume_from(args.resume_from)
    for stage in STAGES:
        seed = [args.seed, training.steps_done, stage.length]
        sampler = BatchSampler(model, worlds, stage, seed)
        training.run(stage, first, sampler.training_loss, sampler.validate)
        first += stage.steps
    training.finish(
        args.output,
        STAGES,
        {"command": loop.command(), "seed": args.seed, "worlds": args.worlds},
    )


if __name__ == "__main__":
    sys.exit(run_main(main))
