"""A training that can be stopped at any step and goes on from its last entry in the log."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from datasets.files import replacing, write_json

_WARM_UP = 200  # steps of a stage over which the rate rises
_MATRIX = 2  # dimensions
_DECAY = 0.01  # of weights, times the rate
EVERY = 100  # steps between two entries of the log


@dataclass(frozen=True)
class Stage:
    """A part of a training; the rate of learning falls by a cosine.

    Args:
        steps: How many lessons.
        rate: At the begin.
        rate_end: At the end.
        muon: Whether matrices are learnt by Muon (Jordan et al., 2024), which takes a fourth longer
            for a step here and fewer steps, instead of AdamW, which learns all the rest.
    """

    steps: int
    rate: float
    rate_end: float
    muon: bool = field(default=False, kw_only=True)


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
        self._optimizers = _optimizers(model, muon=False)
        if state.is_file():
            kept = torch.load(state, weights_only=True)
            model.load_state_dict(kept["model"])
            self._resume(kept["optimizers"])
            self.done, self.log = kept["done"], kept["log"]

    def _resume(self, kept: list[Any]) -> None:
        self._optimizers = _optimizers(self.model, muon=len(kept) > 1)
        for optimizer, state in zip(self._optimizers, kept, strict=True):
            optimizer.load_state_dict(state)

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
        if self.done < first + stage.steps and stage.muon != (len(self._optimizers) > 1):
            self._optimizers = _optimizers(self.model, stage.muon)
        losses, began = [], monotonic()
        while self.done < first + stage.steps:
            taken = self.done - first
            decayed = (1 + math.cos(math.pi * taken / stage.steps)) / 2
            rate = stage.rate_end + (stage.rate - stage.rate_end) * decayed
            for optimizer in self._optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate * min(1.0, (taken + 1) / _WARM_UP)
            losses.append(self._learn(teach()))
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

    def _learn(self, loss: Any) -> float:
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self._optimizers:
            optimizer.step()
        return float(loss.item())

    def _keep(self) -> None:
        kept = {
            "model": self.model.state_dict(),
            "optimizers": [each.state_dict() for each in self._optimizers],
            "done": self.done,
            "log": self.log,
        }
        with replacing(self._state) as part:
            torch.save(kept, part)

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
            save_file(half, part, metadata)
        told = {"stages": [asdict(stage) for stage in stages], "log": self.log}
        write_json(output.with_suffix(".json"), {"command": "make demo-weights", **about, **told})


def _optimizers(model: nn.Module, muon: bool) -> list[torch.optim.Optimizer]:
    """Return AdamW for all weights, or for all but the matrices, and Muon for those."""
    weights = dict(model.named_parameters())
    matrices = [
        key for key, each in weights.items() if muon and each.ndim == _MATRIX and "embed" not in key
    ]
    rest = [each for key, each in weights.items() if key not in matrices]
    adam = torch.optim.AdamW(rest, weight_decay=_DECAY)
    if not matrices:
        return [adam]
    chosen = [weights[key] for key in matrices]
    rule = "match_rms_adamw"  # one rate for both
    return [adam, torch.optim.Muon(chosen, weight_decay=_DECAY, adjust_lr_fn=rule)]
