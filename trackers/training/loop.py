"""A training that can be stopped at any step and goes on from its last entry in the log."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from datasets.io.files import read_json, replacing, write_json

OPTIMIZERS = ("adamw", "muon", "sgd")
_MOMENTUM, _SGD_DECAY = 0.9, 1e-4  # of SGD, as detectors are trained
_MATRIX = 2  # dimensions
_DECAY = 0.01  # of weights, times the rate
EVERY = 100  # steps between two entries of the log


@dataclass(frozen=True)
class Stage:
    """A part of a training.

    Args:
        steps: How many lessons.
        rate: Of learning, at the begin.
        rate_end: At the end; it falls by a cosine.
        drops: Shares of the stage after which the rate is a tenth of what it was, instead.
        optimizer: `adamw`; `sgd` with momentum; or `muon` for matrices (Jordan et al., 2024), which
            takes a fourth longer for a step here, and fewer steps, with AdamW for all the rest.
        clip: The longest gradient.
        warm_up: Steps over which the rate rises at first,
        warm_from: from this share of it.
    """

    steps: int
    rate: float
    rate_end: float
    drops: tuple[float, ...] = field(default=(), kw_only=True)
    optimizer: str = field(default="adamw", kw_only=True)
    clip: float = field(default=1.0, kw_only=True)
    warm_up: int = field(default=200, kw_only=True)
    warm_from: float = field(default=0.0, kw_only=True)

    def rate_at(self, taken: int) -> float:
        """Return the rate of learning after so many steps of the stage."""
        risen = min(1.0, (taken + 1) / self.warm_up)
        risen = self.warm_from + (1 - self.warm_from) * risen
        if self.drops:
            passed = sum(taken >= share * self.steps for share in self.drops)
            return float(self.rate * risen * 0.1**passed)
        decayed = (1 + math.cos(math.pi * taken / self.steps)) / 2
        return (self.rate_end + (self.rate - self.rate_end) * decayed) * risen


class Training:
    """A model on its way.

    Args:
        state: File that it is kept in.
    """

    def __init__(self, model: nn.Module, state: Path) -> None:
        self.model = model.train()
        self.done = 0
        self.log: list[dict[str, Any]] = []
        self._state = state
        self._take("adamw")
        if state.is_file():
            kept = torch.load(state, weights_only=True)
            model.load_state_dict(kept["model"])
            self._take(kept["optimizer"])
            for optimizer, each in zip(self._optimizers, kept["optimizers"], strict=True):
                optimizer.load_state_dict(each)
            self.done, self.log = kept["done"], kept["log"]

    def go_on_from(self, weights: Path) -> None:
        """Begin after the last step of a training whose weights and log were kept, see `finish`.

        Nothing is done where this training has begun already.
        """
        if self.done:
            return
        half = load_file(weights)
        self.model.load_state_dict(
            {key: each.float() if each.is_floating_point() else each for key, each in half.items()}
        )
        self.log = read_json(weights.with_suffix(".json"))["log"]
        self.done = self.log[-1]["step"]

    def _take(self, optimizer: str) -> None:
        """Begin to learn by another optimizer."""
        self._optimizer, self._optimizers = optimizer, _optimizers(self.model, optimizer)

    def run(
        self,
        stage: Stage,
        first: int,
        teach: Callable[[], Tensor],
        examine: Callable[[], dict[str, Any]],
    ) -> None:
        """Take the steps of a stage that begins after `first` steps, but for those done.

        Args:
            teach: Returns the loss of a lesson.
            examine: Returns what is noted beside the loss; the model is in evaluation mode.
        """
        if self.done < first + stage.steps and stage.optimizer != self._optimizer:
            self._take(stage.optimizer)
        losses, began = [], monotonic()
        while self.done < first + stage.steps:
            rate = stage.rate_at(self.done - first)
            for optimizer in self._optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate
            losses.append(self._learn(teach(), stage.clip))
            self.done += 1
            if self.done % EVERY == 0:
                self.model.eval()
                entry = {"step": self.done, "loss": round(fmean(losses), 4), "rate": rate}
                self.log.append(entry | examine())
                self.model.train()
                print(
                    f"{self.log[-1]} {(monotonic() - began) / len(losses):.2f} s a step", flush=True
                )
                losses, began = [], monotonic()
                self._keep()

    def _learn(self, loss: Any, clip: float) -> float:
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        for optimizer in self._optimizers:
            optimizer.step()
        return float(loss.item())

    def _keep(self) -> None:
        kept = {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer,
            "optimizers": [each.state_dict() for each in self._optimizers],
            "done": self.done,
            "log": self.log,
        }
        state = BytesIO()  # torch would not say that the disk is full
        torch.save(kept, state)
        with replacing(self._state) as part:
            part.write_bytes(state.getbuffer())

    def finish(
        self,
        output: Path,
        stages: Many[Any],
        about: dict[str, Any],
        metadata: dict[str, str] | None = None,
    ) -> None:
        """Write the weights in half precision, and beside them how they came about.

        Args:
            metadata: Kept in the file of the weights.
        """
        state = self.model.state_dict()
        half = {
            key: each.half() if each.is_floating_point() else each for key, each in state.items()
        }
        with replacing(output) as part:
            part.write_bytes(save(half, metadata))
        told = {"stages": [asdict(stage) for stage in stages], "log": self.log}
        write_json(output.with_suffix(".json"), about | told)


def command() -> str:
    """Return the command that is running."""
    module = sys.modules["__main__"].__spec__
    return shlex.join(["python", "-m", module.name if module else sys.argv[0], *sys.argv[1:]])


def _optimizers(model: nn.Module, name: str) -> list[torch.optim.Optimizer]:
    """Return what learns the weights, see `Stage`; ValueError for an unknown name."""
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer {name!r} is unknown: expected one of {list(OPTIMIZERS)}")
    weights = {key: each for key, each in model.named_parameters() if each.requires_grad}
    if name == "sgd":
        return [torch.optim.SGD(weights.values(), momentum=_MOMENTUM, weight_decay=_SGD_DECAY)]
    matrices = [
        key
        for key, each in weights.items()
        if name == "muon" and each.ndim == _MATRIX and "embed" not in key
    ]
    rest = [each for key, each in weights.items() if key not in matrices]
    adam = torch.optim.AdamW(rest, weight_decay=_DECAY)
    if not matrices:
        return [adam]
    chosen = [weights[key] for key in matrices]
    rule = "match_rms_adamw"  # one rate for both
    return [adam, torch.optim.Muon(chosen, weight_decay=_DECAY, adjust_lr_fn=rule)]
