"""The contract of engines: networks that are ready to run, named arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np


def check_names(found: Collection[str], expected: Collection[str], place: str) -> None:
    """Raise ValueError, naming `place`, if the names of inputs are not the expected ones."""
    if set(found) != set(expected):
        raise ValueError(f"{place}: expected inputs {sorted(expected)}, found {sorted(found)}")


@dataclass(frozen=True)
class TensorSpec:
    """An input of a network.

    Args:
        name: Name of the input.
        shape: Length of each axis; a string or None for a dynamic axis.
        dtype: Type of the values.
    """

    name: str
    shape: tuple[int | str | None, ...]
    dtype: np.dtype[Any]


class Arrays(Protocol):
    """Operations on the arrays that engines take and return, wherever these are stored.

    The arrays are NumPy arrays or tensors on a device. Besides these methods, callers use only what
    both have in common: slices, assignment to slices and by integer arrays, comparison.
    """

    def put(self, array: np.ndarray) -> Any:
        """Return a copy on the engines' device, of the same type; engines convert their inputs."""

    def get(self, array: Any) -> np.ndarray:
        """Return a copy as a NumPy array; floats as float32."""

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Return zeros in the engines' precision."""

    def concatenate(self, arrays: list[Any]) -> Any:
        """Return the arrays concatenated along the first axis."""

    def resize(self, maps: Any, height: int, width: int) -> Any:
        """Resize maps (B, h, w) to float32 (B, height, width), bilinear, corners not aligned."""


class Engine(Protocol):
    """A network that is ready to run on a device."""

    def __call__(self, **inputs: Any) -> Mapping[str, Any]:
        """Return the outputs by name: new arrays, which no later call changes.

        Floats are in the engine's precision, that of `Arrays.zeros`, whatever operator is last.
        """


class DescribedEngine(Protocol):
    """An engine that knows the inputs of its network and the metadata of the network file."""

    inputs: tuple[TensorSpec, ...]
    metadata: Mapping[str, str]

    def __call__(self, **inputs: Any) -> Mapping[str, Any]:
        """Return the outputs by name, see `Engine`."""


@runtime_checkable
class AsyncEngine(Protocol):
    """An engine that can run in the background while its caller continues."""

    def begin(self, **inputs: Any) -> Callable[[], Mapping[str, Any]]:
        """Start the engine and return a function that waits for the outputs.

        The inputs must not change before that function has returned.
        """


def begin(engine: Engine, **inputs: Any) -> Callable[[], Mapping[str, Any]]:
    """Start an engine and return a function that waits for the outputs.

    An engine that is not an `AsyncEngine` runs before this function returns.
    """
    if isinstance(engine, AsyncEngine):
        return engine.begin(**inputs)
    outputs = engine(**inputs)
    return lambda: outputs
