"""Arrays in main memory, for engines that run without PyTorch."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np


class NumpyArrays:
    """NumPy arrays in main memory, see `Arrays`.

    Args:
        dtype: Type of the arrays that `zeros` returns, such as empty memory banks.
    """

    def __init__(self, dtype: type[np.floating[Any]] = np.float32) -> None:
        self.dtype = dtype

    def put(self, array: np.ndarray) -> np.ndarray:
        return array.copy()

    def get(self, array: np.ndarray) -> np.ndarray:
        kind = np.float32 if array.dtype.kind == "f" else array.dtype
        return array.astype(kind)

    def zeros(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.zeros(shape, self.dtype)

    def concatenate(self, arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays)

    def resize(self, maps: np.ndarray, height: int, width: int) -> np.ndarray:
        out = np.empty((len(maps), height, width), np.float32)
        for number, each in enumerate(maps.astype(np.float32, copy=False)):
            cv2.resize(each, (width, height), dst=out[number], interpolation=cv2.INTER_LINEAR)
        return out
