"""Options that choose the engine and device of a model's networks, shared by several methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

EngineName = Literal["torch", "onnxruntime", "tensorrt"]
Precision = Literal["fp32", "fp16", "bf16"]
TorchMode = Literal["eager", "compile", "graphs"]
ENGINES, PRECISIONS = get_args(EngineName), get_args(Precision)
_OF_DEVICE = ("engine", "networks")  # options whose device is `device`
_TORCH_DEFAULTS = ("fp32", "eager")  # precision and torch_mode


@dataclass(frozen=True)
class Runner:
    """The engine and device of a model's networks.

    Args:
        engine: Engine that runs the networks.
        device: Device of the engine, by the engine's own name: `cpu`, `cuda`.
        networks: Folder of networks for `onnxruntime` and `tensorrt`, such as
            engines/sam2_demo/fp32; weights and precision are part of it. None for `torch`.
        precision: Precision of PyTorch.
        torch_mode: How PyTorch runs a network, see `TorchEngine`.
    """

    engine: EngineName = "torch"
    device: str = "cpu"
    networks: str | None = None
    precision: Precision = "fp32"
    torch_mode: TorchMode = "eager"

    def check(self) -> None:
        """Raise ValueError if the engine or precision is unknown, or options contradict."""
        if self.engine not in ENGINES:
            raise ValueError(f"engine: expected one of {list(ENGINES)}, found {self.engine!r}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision: expected one of {PRECISIONS}, found {self.precision!r}")
        if (self.networks is None) != (self.engine == "torch"):
            raise ValueError(
                "networks: expected a folder for onnxruntime and tensorrt, and none for torch, "
                f"found {self.networks!r} for {self.engine!r}"
            )
        if self.networks is not None and (self.precision, self.torch_mode) != _TORCH_DEFAULTS:
            raise ValueError(
                f"expected no precision or torch_mode, found {self.precision!r} and "
                f"{self.torch_mode!r}: they are options of PyTorch, and the networks in "
                f"{self.networks} have a fixed precision"
            )


def cuda_ordinals(options: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the CUDA devices that options name, each once, in order.

    TensorRT runs on a CUDA device whatever `device` says, without a number on `cuda:0`.

    Args:
        options: Options of a method: `engine`, `device`, or after the name of a network as in
            `detector_device`; networks that are built for TensorRT; those of a nested method.
    """
    return sorted(set(_ordinals(options)))


def measured_ordinal(options: Mapping[str, Any]) -> int:
    """Return the number of the CUDA device that is described and measured for a run.

    It is the first that the options name, and 0 if they name none: a program may use one anyway.
    """
    return next(iter(cuda_ordinals(options)), 0)


def _ordinals(options: Mapping[str, Any]) -> Iterator[int]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _ordinals(value)
        elif name.rpartition("_")[2] == "device" and str(value).startswith("cuda"):
            yield _ordinal(value)
        elif isinstance(value, str) and Path(value).name == "tensorrt":  # the engine, or a folder
            yield _ordinal(options.get("device" if name in _OF_DEVICE else f"{name}_device"))


def _ordinal(device: str | None) -> int:
    return int(str(device).partition(":")[2] or 0)
