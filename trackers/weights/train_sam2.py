"""Train the demo SAM 2 on synthetic people.

    python -m trackers.weights.train_sam2 --room .cache/training/sam2
        --output trackers/weights/sam2_demo.safetensors

First single images, of which there are many, then clips. The rate decays by a cosine in each stage.
The room keeps the worlds that are drawn and the state of the training, so that an interrupted one
goes on where it was. The weights are written when all stages are done, and beside them, as JSON,
how they came about.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from datasets.files import replacing, write_json
from trackers.sam2.architecture import build_model
from trackers.weights.clips import draw_clips, load_worlds
from trackers.weights.sam2_lesson import draw_prompts, evaluate, loss_of, make_lesson

_TAUGHT = 0.3  # share of lessons in which true masks are remembered
_WARM_UP = 200  # steps over which the rate rises
_EVERY = 100  # steps between two entries of the log


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    Args:
        steps: How many lessons.
        clips: In a lesson.
        length: Of a clip, in frames.
        people: Followed in a clip, at most.
        rate: Of learning, at the begin.
        rate_end: At the end.
    """

    steps: int
    clips: int
    length: int
    people: int
    rate: float
    rate_end: float


STAGES = (
    Stage(2500, clips=6, length=1, people=8, rate=8e-4, rate_end=5e-4),
    Stage(2200, clips=4, length=4, people=5, rate=5e-4, rate_end=1.5e-4),
    Stage(700, clips=2, length=8, people=5, rate=1.5e-4, rate_end=0.0),
)


class Training:
    """A model on its way.

    Args:
        room: Folder for state and worlds.
        worlds: How many are drawn.
    """

    def __init__(self, room: Path, worlds: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.model: Any = build_model("demo").train()
        self.done = 0
        self.log: list[dict[str, Any]] = []
        self._seed, self._state = seed, room / "state.pt"
        self._optimizer = torch.optim.AdamW(self.model.parameters(), weight_decay=0.01)
        if self._state.is_file():
            self._resume()
        self._worlds = load_worlds(room / "worlds", worlds, self.model.image_size, seed)

    def _resume(self) -> None:
        kept = torch.load(self._state, weights_only=True)
        self.model.load_state_dict(kept["model"])
        self._optimizer.load_state_dict(kept["optimizer"])
        self.done, self.log = kept["done"], kept["log"]

    def _keep(self) -> None:
        kept = {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "done": self.done,
            "log": self.log,
        }
        with replacing(self._state) as part:
            torch.save(kept, part)

    def run(self, stage: Stage, first: int) -> None:
        """Take the steps of a stage that begins after `first` steps, but for those done."""
        draw = np.random.default_rng([self._seed, self.done, stage.length])
        source = draw_clips(draw, self._worlds, stage.length, stage.people)
        losses, began = [], monotonic()
        while self.done < first + stage.steps:
            share = (self.done - first) / stage.steps
            decayed = (1 + math.cos(math.pi * share)) / 2
            rate = stage.rate_end + (stage.rate - stage.rate_end) * decayed
            for group in self._optimizer.param_groups:
                group["lr"] = rate * min(1.0, (self.done + 1) / _WARM_UP)
            lesson = make_lesson(draw, source, stage.clips)
            prompts = draw_prompts(draw, lesson.masks[0], shown=stage.length > 1)
            losses.append(self._learn(lesson, prompts, bool(draw.random() < _TAUGHT)))
            self.done += 1
            if self.done % _EVERY == 0:
                self._note(fmean(losses), rate, (monotonic() - began) / len(losses), lesson)
                losses, began = [], monotonic()

    def _learn(self, lesson: Any, prompts: Any, taught: bool) -> float:
        loss: Any = loss_of(self.model, lesson, prompts, taught)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        return float(loss.item())

    def _note(self, loss: float, rate: float, seconds: float, lesson: Any) -> None:
        self.model.eval()
        ious = [round(iou, 3) for iou in evaluate(self.model, lesson)]
        self.model.train()
        entry = {"step": self.done, "loss": round(loss, 4), "rate": rate, "iou": ious}
        self.log.append(entry)
        print(f"{entry} {seconds:.2f} s a step", flush=True)
        self._keep()


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--room", type=Path, required=True, help="for state and worlds")
    parser.add_argument("--output", type=Path, required=True, help="....safetensors")
    parser.add_argument("--worlds", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.room.mkdir(parents=True, exist_ok=True)
    training = Training(given.room, given.worlds, given.seed)
    first = 0
    for stage in STAGES:
        training.run(stage, first)
        first += stage.steps
    half = {name: each.half() for name, each in training.model.state_dict().items()}
    with replacing(given.output) as part:
        save_file(half, part)
    about = {
        "command": "make demo-weights",
        "seed": given.seed,
        "worlds": given.worlds,
        "stages": [asdict(stage) for stage in STAGES],
        "log": training.log,
    }
    write_json(given.output.with_suffix(".json"), about)


if __name__ == "__main__":
    main()
