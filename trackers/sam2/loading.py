"""The networks of a SAM 2 with its weights, on an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trackers.engines.checkpoint import check_state, read_checkpoint
from trackers.engines.contract import PRECISIONS
from trackers.sam2.networks import on_onnxruntime, on_tensorrt, on_torch
from trackers.sam2.session import Networks

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

RANDOM = "random"  # in place of a file: weights that are drawn, always the same
ENGINES = ("torch", "onnxruntime", "tensorrt")


@dataclass(frozen=True)
class Model:
    """Which SAM 2, and what runs it.

    Args:
        size: `demo`, `tiny`, `small`, `base_plus` or `large`.
        weights: File of its weights, `.safetensors` or the official `.pt`; `random` draws them.
        engine: What runs the networks: `torch`, `onnxruntime` or `tensorrt`.
        device: As the engine calls it.
        networks: Folder of what the other two run, as engines/sam2_demo/fp32; it has the weights
            and a precision of its own.
        precision: Of PyTorch: `fp32`, `fp16` or `bf16`.
        torch_mode: Of PyTorch: `eager`, `compile` or `graphs`, see `TorchEngine`.
    """

    size: str
    weights: str
    engine: str = "torch"
    device: str = "cpu"
    networks: str | None = None
    precision: str = "fp32"
    torch_mode: str = "eager"


def load_networks(model: Model) -> Networks:
    """Return the networks of a model.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: There is no such size, engine, precision or mode, or the file is no checkpoint
            of this size.
    """
    if model.engine not in ENGINES:
        raise ValueError(f"engine {model.engine!r} is unknown: expected one of {list(ENGINES)}")
    if model.precision not in PRECISIONS:
        raise ValueError(f"precision: {model.precision!r} found, expected one of {PRECISIONS}")
    if (model.networks is None) != (model.engine == "torch"):
        raise ValueError(
            f"engine {model.engine!r} with networks {model.networks!r}: only PyTorch needs no "
            "folder"
        )
    if model.networks is not None:
        if (model.precision, model.torch_mode) != ("fp32", "eager"):
            raise ValueError(
                f"precision {model.precision!r} and torch_mode {model.torch_mode!r} found, but "
                f"they are PyTorch's: {model.networks} has a precision of its own"
            )
        folder = Path(model.networks)
        if model.engine == "onnxruntime":
            return on_onnxruntime(folder, model.device)
        return on_tensorrt(folder, folder.parent)
    from trackers.engines.torch_engine import DTYPES, TorchArrays  # torch only where it runs

    arrays = TorchArrays(model.device, DTYPES[model.precision])
    return on_torch(load_model(model.size, model.weights), arrays, model.torch_mode)


def load_model(size: str, weights: str) -> SAM2Base:
    """Return a model with its weights, in evaluation mode; raises as `load_networks`."""
    import torch

    from trackers.sam2.architecture import build_model

    state = None if weights == RANDOM else read_checkpoint(Path(weights))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(size)
    if state is not None:
        check_state(f"{weights}: no checkpoint of size {size!r}", model.state_dict(), state)
        model.load_state_dict(state)
    return model
