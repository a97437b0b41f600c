"""Read checkpoints: safetensors files, or files saved by PyTorch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

_MAX_NAMES = 3  # names of weights in a message
_KEYS = ("model", "state_dict")  # under which training programs save the weights
_PARALLEL = "module."  # before every name, if a model was trained on several GPUs


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the weights in a checkpoint by name.

    Args:
        path: A safetensors file, or a file saved by PyTorch: weights by name, or such a mapping
            under the key `model` or `state_dict` as in official checkpoints. A prefix `module.` of
            all names is removed.

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
        with torch.serialization.safe_globals(_numbers()):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except (
        SafetensorError,
        UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
    ) as error:
        raise ValueError(f"{path}: no readable file of weights: {_reason(error)}") from error
    keys = [key for key in _KEYS if isinstance(found, dict) and key in found]
    state = found[keys[0]] if keys else found
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ValueError(f"{path}: expected tensors by name, found none")
    if all(name.startswith(_PARALLEL) for name in state):
        return {name.removeprefix(_PARALLEL): each for name, each in state.items()}
    return dict(state)


def _reason(error: Exception) -> str:
    """Return why a file cannot be read, from the message of the library."""
    foreign = re.search(r"GLOBAL (\S+)", str(error))
    if isinstance(error, UnpicklingError) and foreign:
        return (
            f"expected tensors and numbers, found {foreign[1]}: other Python objects are not read, "
            "because that could run a program; save the weights alone (state_dict)"
        )
    if isinstance(error, UnpicklingError):  # PyTorch's message is advice to read it unsafely
        return "expected a file that PyTorch wrote, found another, or a damaged one"
    return str(error).strip().split("\n")[0]


def _numbers() -> list[Any]:
    """Return what may be read besides tensors: NumPy's numbers, as accuracies in a checkpoint."""
    import codecs

    import numpy as np

    scalar = np.float64(0).__reduce__()[0]
    kinds = {type(np.dtype(code)) for code in "?bhilqBHILQefd"}
    names = [f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")]  # before NumPy 2, now
    return [*((scalar, name) for name in names), np.dtype, *kinds, codecs.encode]


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
