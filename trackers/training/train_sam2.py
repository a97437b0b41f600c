"""Train the demo SAM 2 on synthetic people.

    python -m trackers.training.train_sam2 --workdir .cache/training/sam2
        --output trackers/weights/sam2_demo.safetensors

First single images, of which there are many, then clips, and longer ones. The room keeps the worlds
that are drawn and the state of the training, so that an interrupted one goes on where it was. The
weights are written when all stages are done, and beside them, as JSON, how they came about.
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
from trackers.training.sam2_step import Lesson, draw_prompts, evaluate, loss_of, make_lesson

_TAUGHT = 0.3  # share of lessons in which true masks are remembered


@dataclass(frozen=True)
class Stage(loop.Stage):
    """A part of the training.

    Args:
        clips: In a lesson.
        length: Of a clip, in frames.
        people: Followed in a clip, at most.
        stills: Single images of a lesson, beside the clips, of as many people and three more.
        gaps: Share of clips with a gap, see `draw_clips`.
        near: Share of clips of people who come near each other, see `draw_clips`.
        coloured: Share of clips and stills in other colours, see `make_lesson`.
        exclusive: Whether a pixel is remembered as of one person only, see `loss_of`.
        sharp: Whether every pixel counts, see `loss_of`.
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


class School:
    """Lessons of one stage.

    Args:
        model: That learns.
    """

    def __init__(self, model: Any, worlds: list[World], stage: Stage, seed: list[int]) -> None:
        self._model, self._stage = model, stage
        self._draw = np.random.default_rng(seed)
        self._source = draw_clips(
            self._draw, worlds, stage.length, stage.people, stage.gaps, stage.near
        )
        self._stills = draw_clips(self._draw, worlds, 1, stage.people + 3)
        self._lesson = self._next(self._source, stage.clips)

    def teach(self) -> Tensor:
        """Return the loss of the next lesson."""
        self._lesson = self._next(self._source, self._stage.clips)
        loss = self._loss(self._lesson)
        if self._stage.stills:
            loss = loss + self._loss(self._next(self._stills, self._stage.stills))
        return loss

    def _next(self, source: Iterator[Clip], clips: int) -> Lesson:
        return make_lesson(self._draw, source, clips, self._stage.coloured)

    def _loss(self, lesson: Lesson) -> Tensor:
        prompts = draw_prompts(self._draw, lesson.masks[0], shown=len(lesson.images) > 1)
        taught = bool(self._draw.random() < _TAUGHT)
        return loss_of(
            self._model, lesson, prompts, taught, self._stage.exclusive, self._stage.sharp
        )

    def examine(self) -> dict[str, Any]:
        """Return the IoU of masks in each frame of the last lesson."""
        reached = evaluate(self._model, self._lesson, self._stage.exclusive)
        return {"iou": [round(iou, 3) for iou in reached]}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, required=True, help="for state and worlds")
    parser.add_argument("--output", type=Path, required=True, help="....safetensors")
    parser.add_argument("--worlds", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--go-on-from", type=Path, help="weights of an earlier training, with log")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    model: Any = build_model("demo")
    worlds = load_worlds(args.workdir / "worlds", args.worlds, model.image_size, args.seed)
    learner, first = loop.Training(model, args.workdir / "state.pt"), 0
    if args.go_on_from:
        learner.go_on_from(args.go_on_from)
    for stage in STAGES:
        school = School(model, worlds, stage, [args.seed, learner.done, stage.length])
        learner.run(stage, first, school.teach, school.examine)
        first += stage.steps
    learner.finish(
        args.output,
        STAGES,
        {"command": loop.command(), "seed": args.seed, "worlds": args.worlds},
    )


if __name__ == "__main__":
    sys.exit(run_main(main))
