"""The networks of a SAM 2 with its weights, on an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trackers.engines.checkpoint import check_state, read_checkpoint
from trackers.sam2.networks import on_onnxruntime, on_tensorrt, on_torch
from trackers.sam2.session import Networks

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

RANDOM = "random"  # in place of a file: weights that are drawn, always the same
ENGINES = ("torch", "onnxruntime", "tensorrt")


def load_networks(
    size: str, weights: str, engine: str, device: str, folder: str | None = None
) -> Networks:
    """Return the networks of a model.

    Args:
        size: See `build_model`.
        weights: File of the weights, or `random`.
        engine: What runs them, of ENGINES.
        device: As the engine calls it.
        folder: Of the networks, as `export` and `build` write them; PyTorch needs none.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: There is no such size or engine, or the file is no checkpoint of this size.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is unknown: expected one of {list(ENGINES)}")
    if (folder is None) != (engine == "torch"):
        raise ValueError(
            f"engine {engine!r} with networks {folder!r}: only PyTorch needs no folder"
        )
    if folder is not None:
        if engine == "onnxruntime":
            return on_onnxruntime(Path(folder), device)
        return on_tensorrt(Path(folder), Path(folder).parent)
    from trackers.engines.torch_engine import TorchArrays  # torch only where it runs

    return on_torch(load_model(size, weights), TorchArrays(device))


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
