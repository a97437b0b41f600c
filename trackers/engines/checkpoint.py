"""Read checkpoints: safetensors files, or files saved by PyTorch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

_MAX_NAMES = 3  # names of weights in a message


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the weights in a checkpoint by name.

    Args:
        path: A safetensors file, or a file saved by PyTorch: weights by name, or such a mapping
            under the key `model` as in official checkpoints.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no readable checkpoint. Names the file.
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
        raise ValueError(f"{path}: expected tensors by name, found none")
    return state


def check_state(reason: str, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Raise ValueError if weights are missing, unexpected or of another shape.

    Args:
        reason: Start of the message.
        expected: Weights of the model by name.
        found: Weights of the checkpoint by name.
    """
    both = expected.keys() & found.keys()
    wrong = {
        "missing": expected.keys() - both,
        "unexpected": found.keys() - both,
        "of another shape": {key for key in both if expected[key].shape != found[key].shape},
    }
    if any(wrong.values()):
        counts = [
            f"{len(keys)} {what}, as {_first_names(keys)}" for what, keys in wrong.items() if keys
        ]
        raise ValueError(f"{reason}: of {len(expected)} weights {'; '.join(counts)}")


def _first_names(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys)[:_MAX_NAMES])
