"""What an engine is: a network that is ready to run, named arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np


def check_names(given: Collection[str], expected: Collection[str], place: str) -> None:
    """Raise ValueError, naming `place`, if an engine is not given the inputs it expects."""
    if set(given) != set(expected):
        raise ValueError(f"{place}: inputs {sorted(given)} found, expected {sorted(expected)}")


class Arrays(Protocol):
    """Where the arrays of an engine are, and what is done with them between two engines.

    They are numpy arrays or tensors on a device. Beside these methods only what the two have in
    common is used: slices, assignment to slices and by integer arrays, comparison.
    """

    def put(self, array: np.ndarray) -> Any:
        """Return a copy where the engines read, of the same type: they convert what they take."""

    def get(self, array: Any) -> np.ndarray:
        """Return a copy as numpy; floats as float32."""

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Return zeros in the engines' own precision."""

    def concatenate(self, arrays: list[Any]) -> Any:
        """Return arrays as one, along the first axis."""

    def resize(self, maps: Any, height: int, width: int) -> Any:
        """Return maps (B, h, w) as float32 (B, height, width), bilinear, corners not aligned."""


class Engine(Protocol):
    """A network that is ready to run on a device."""

    def __call__(self, **inputs: Any) -> Mapping[str, Any]:
        """Return the outputs by name. What it returned before may be overwritten."""


@runtime_checkable
class AsyncEngine(Protocol):
    """An engine that can run beside what its caller does meanwhile."""

    def begin(self, **inputs: Any) -> Callable[[], Mapping[str, Any]]:
        """Start; what is returned waits for the outputs. Until then the inputs must not change."""


def begin(engine: Engine, **inputs: Any) -> Callable[[], Mapping[str, Any]]:
    """Start an engine, or run it where it is none that starts; see `Starter`."""
    if isinstance(engine, AsyncEngine):
        return engine.begin(**inputs)
    outputs = engine(**inputs)
    return lambda: outputs
