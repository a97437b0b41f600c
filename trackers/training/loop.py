"""A training loop that can be interrupted; it resumes from the last entry of its log."""

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
_MOMENTUM, _SGD_DECAY = 0.9, 1e-4  # of SGD, as is usual for detectors
_MATRIX = 2  # number of dimensions
_DECAY = 0.01  # weight decay, multiplied by the learning rate
EVERY = 100  # training steps between two entries of the log


@dataclass(frozen=True)
class Stage:
    """A stage of a training, with its own schedule.

    Args:
        steps: Number of training steps.
        rate: Learning rate at the start.
        rate_end: Learning rate at the end of a cosine decay.
        drops: Shares of the stage after which the learning rate is divided by ten; without any, it
            follows the cosine.
        optimizer: `adamw`; `sgd`, with momentum; or `muon` for matrices (Jordan et al., 2024) with
            AdamW for the other weights. Here a step of `muon` takes a fourth longer, and fewer
            steps are needed.
        clip: Maximum norm of the gradient.
        warm_up: Number of steps over which the learning rate rises at the start.
        warm_from: Share of the learning rate at which the warm-up starts.
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
        """Return the learning rate after `taken` steps of the stage."""
        warm = min(1.0, (taken + 1) / self.warm_up)
        warm = self.warm_from + (1 - self.warm_from) * warm
        if self.drops:
            passed = sum(taken >= share * self.steps for share in self.drops)
            return float(self.rate * warm * 0.1**passed)
        decay = (1 + math.cos(math.pi * taken / self.steps)) / 2
        return (self.rate_end + (self.rate - self.rate_end) * decay) * warm


class Training:
    """The state of a training: model, optimizers, steps done and log.

    Args:
        model: The model to train.
        state: Checkpoint file from which the training resumes, if it exists.
    """

    def __init__(self, model: nn.Module, state: Path) -> None:
        self.model = model.train()
        self.steps_done = 0
        self.log: list[dict[str, Any]] = []
        self._state = state
        self._set_optimizer("adamw")
        if state.is_file():
            saved = torch.load(state, weights_only=True)
            model.load_state_dict(saved["model"])
            self._set_optimizer(saved["optimizer"])
            for optimizer, each in zip(self._optimizers, saved["optimizers"], strict=True):
                optimizer.load_state_dict(each)
            self.steps_done, self.log = saved["done"], saved["log"]

    def resume_from(self, weights: Path) -> None:
        """Continue after the last step of another training, from its weights and log.

        Has no effect if this training has taken a step already. `finish` writes both files.
        """
        if self.steps_done:
            return
        half = load_file(weights)
        self.model.load_state_dict(
            {key: each.float() if each.is_floating_point() else each for key, each in half.items()}
        )
        self.log = read_json(weights.with_suffix(".json"))["log"]
        self.steps_done = self.log[-1]["step"]

    def _set_optimizer(self, name: str) -> None:
        self._optimizer, self._optimizers = name, _optimizers(self.model, name)

    def run(
        self,
        stage: Stage,
        first: int,
        training_loss: Callable[[], Tensor],
        validate: Callable[[], dict[str, Any]],
    ) -> None:
        """Take the remaining steps of a stage that starts after `first` steps.

        Args:
            stage: The stage.
            first: Number of steps before the stage.
            training_loss: Returns the loss of the next training batch.
            validate: Returns what is logged beside the loss; the model is in evaluation mode.
        """
        if self.steps_done < first + stage.steps and stage.optimizer != self._optimizer:
            self._set_optimizer(stage.optimizer)
        losses, started = [], monotonic()
        while self.steps_done < first + stage.steps:
            rate = stage.rate_at(self.steps_done - first)
            for optimizer in self._optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate
            losses.append(self._optimize(training_loss(), stage.clip))
            self.steps_done += 1
            if self.steps_done % EVERY == 0:
                self.model.eval()
                entry = {"step": self.steps_done, "loss": round(fmean(losses), 4), "rate": rate}
                self.log.append(entry | validate())
                self.model.train()
                seconds = (monotonic() - started) / len(losses)
                print(f"{self.log[-1]} {seconds:.2f} s per step", flush=True)
                losses, started = [], monotonic()
                self._save()

    def _optimize(self, loss: Any, clip: float) -> float:
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        for optimizer in self._optimizers:
            optimizer.step()
        return float(loss.item())

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer,
            "optimizers": [each.state_dict() for each in self._optimizers],
            "done": self.steps_done,
            "log": self.log,
        }
        content = BytesIO()  # torch.save to a file does not report a full disk
        torch.save(state, content)
        with replacing(self._state) as part:
            part.write_bytes(content.getbuffer())

    def finish(
        self,
        output: Path,
        stages: Many[Any],
        record: dict[str, Any],
        metadata: dict[str, str] | None = None,
    ) -> None:
        """Write the weights in half precision, and beside them a JSON file with stages and log.

        Args:
            output: The safetensors file.
            stages: The stages of the training.
            record: Further entries of the JSON file, such as the command.
            metadata: Metadata stored in the safetensors file.
        """
        state = self.model.state_dict()
        half = {
            key: each.half() if each.is_floating_point() else each for key, each in state.items()
        }
        with replacing(output) as part:
            part.write_bytes(save(half, metadata))
        progress = {"stages": [asdict(stage) for stage in stages], "log": self.log}
        write_json(output.with_suffix(".json"), record | progress)


def command() -> str:
    """Return the command line of this program."""
    module = sys.modules["__main__"].__spec__
    return shlex.join(["python", "-m", module.name if module else sys.argv[0], *sys.argv[1:]])


def _optimizers(model: nn.Module, name: str) -> list[torch.optim.Optimizer]:
    """Return the optimizers of the weights, see `Stage`; ValueError for an unknown name."""
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer: expected one of {list(OPTIMIZERS)}, found {name!r}")
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
    rule = "match_rms_adamw"  # so that both optimizers use one learning rate
    return [adam, torch.optim.Muon(chosen, weight_decay=_DECAY, adjust_lr_fn=rule)]
