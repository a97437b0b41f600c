"""Engines with arrays on a device, used with NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trackers.engines.contract import Arrays, Engine, TensorSpec


class HostEngine:
    """An engine whose inputs are copied to its device, and whose outputs are copied back.

    Args:
        engine: Engine whose arrays are on a device.
        arrays: Operations on these arrays.
        inputs, metadata: See `DescribedEngine`.
    """

    def __init__(
        self,
        engine: Engine,
        arrays: Arrays,
        inputs: tuple[TensorSpec, ...],
        metadata: Mapping[str, str],
    ) -> None:
        self._engine, self._arrays = engine, arrays
        self.inputs, self.metadata = inputs, metadata

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Return the outputs by name; floats as float32."""
        placed = {name: self._arrays.put(array) for name, array in inputs.items()}
        return {name: self._arrays.get(each) for name, each in self._engine(**placed).items()}
