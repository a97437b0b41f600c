"""What a step gets: the settings of the run, its deadline, and where it reports results."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from bench.gpu.plan import DEMO, SCALES, Scale
from trackers.sam2.loading import RANDOM

GPU_PRECISION, GPU_MODE = "bf16", "graphs"  # of our networks where speed is measured
MIB = 1 << 20


class AbsentError(RuntimeError):
    """What a step needs is not installed or not supported here; the message says what."""


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Args:
        device: PyTorch's name of the device, `cpu` or `cuda`.
        size: Name of the scale, one of SCALES.
        weights: Checkpoint of SAM 2.1 by size; random weights for the others.
        workdir: Folder for the files of the run.
    """

    device: str
    size: str
    workdir: str
    weights: Mapping[str, str] = field(default_factory=dict)

    @property
    def scale(self) -> Scale:
        return SCALES[self.size]


@dataclass(frozen=True)
class Context:
    """The surroundings of a step.

    Args:
        settings: The settings of the run.
        deadline: Time of `monotonic` at which the step is stopped.
        send: Function that hands a message to the process which writes the record.
    """

    settings: Settings
    deadline: float
    send: Callable[[Mapping[str, Any]], None]

    def facts(self, **values: Any) -> None:
        """Add values to the results of the step, at once."""
        self.send({"facts": values})

    def row(self, **values: Any) -> None:
        """Add a row to the list `rows` in the results of the step, at once."""
        self.send({"row": values})

    def seconds_left(self) -> float:
        return self.deadline - monotonic()

    @property
    def folder(self) -> Path:
        return Path(self.settings.workdir)

    @property
    def uses_cuda(self) -> bool:
        return self.settings.device != "cpu"

    def weights_of(self, model: str) -> str:
        """Return the checkpoint of a model, or `random`; the demo model has its own."""
        return self.settings.weights.get(model, DEMO if model == "demo" else RANDOM)


@contextmanager
def tf32(*, allowed: bool) -> Iterator[None]:
    """Allow or forbid products of float32 in TF32, with 10 bits of mantissa, on a GPU."""
    import torch

    backends: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [each.allow_tf32 for each in backends]
    try:
        for each in backends:
            each.allow_tf32 = allowed
        yield
    finally:
        for each, value in zip(backends, before, strict=True):
            each.allow_tf32 = value


@contextmanager
def reporting_memory(context: Context, objects: int) -> Iterator[None]:
    """Report a row that says so if the device has too little memory for a number of objects."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        context.row(objects=objects, out_of_memory=str(error).split("If reserved")[0].strip())


def free_memory(device: str) -> None:
    """Return unused GPU memory to the driver, and begin to count its peak again."""
    import torch

    gc.collect()
    if device != "cpu":
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: str) -> dict[str, float] | None:
    """Return the peaks of PyTorch's GPU memory in MiB since `free_memory`; None on a CPU."""
    import torch

    if device == "cpu":
        return None
    return {
        "allocated": round(torch.cuda.max_memory_allocated(device) / MIB, 1),
        "reserved": round(torch.cuda.max_memory_reserved(device) / MIB, 1),
    }
