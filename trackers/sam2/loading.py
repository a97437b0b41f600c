"""The networks of a SAM 2 with its weights, on an engine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from trackers.sam2.networks import on_onnxruntime, on_tensorrt, on_torch
from trackers.sam2.session import Networks

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

RANDOM = "random"  # in place of a file: weights that are drawn, always the same
ENGINES = ("torch", "onnxruntime", "tensorrt")
_SHOWN = 3  # names of weights in a message


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
        _check_state(f"{weights}: no checkpoint of size {size!r}", model.state_dict(), state)
        model.load_state_dict(state)
    return model


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the weights in a file by name: safetensors, or what PyTorch saves, official or not.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is neither. Names the file.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (
        SafetensorError,
        UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
    ) as error:
        reason = str(error).strip().split("\n")[0]
        raise ValueError(f"{path}: no readable file of weights: {reason}") from error
    state = found.get("model", found) if isinstance(found, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ValueError(f"{path}: no weights found in it, expected tensors by name")
    return state


def _check_state(reason: str, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Raise ValueError if weights are missing, too many or of another shape."""
    both = expected.keys() & found.keys()
    wrong = {
        "missing": expected.keys() - both,
        "unexpected": found.keys() - both,
        "of another shape": {key for key in both if expected[key].shape != found[key].shape},
    }
    if any(wrong.values()):
        told = [f"{len(keys)} {what}, as {_few(keys)}" for what, keys in wrong.items() if keys]
        raise ValueError(f"{reason}: of {len(expected)} weights {'; '.join(told)}")


def _few(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys)[:_SHOWN])
