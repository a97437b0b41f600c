"""A fixed amount of work whose time measures the current speed of the machine.

The work resembles that of trackers: Python statements, arithmetic on arrays of a few dozen objects,
matrix products. Between the steps of a tracker it is slowed by whatever slows the steps: a lower
processor clock, another process on the core or in the caches. The time of a step relative to this
work therefore depends on the tracker, and hardly on how busy or fast the machine is.
"""

from __future__ import annotations

from time import perf_counter_ns

import numpy as np

_OBJECTS = 24
_SIDE, _PRODUCTS = 48, 12  # matrices too small for a library to use several cores
_WORDS, _KINDS = 600, 17  # of the pure Python part
_OVERLAPS = 2
_EXTENT = 100.0


class Calibration:
    """The work, identical in every instance: the random numbers have a fixed seed."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        near = rng.uniform(0, _EXTENT, (_OBJECTS, 2))
        self.boxes = np.concatenate([near, near + rng.uniform(1, _EXTENT, near.shape)], axis=1)
        self.matrix = rng.normal(size=(_SIDE, _SIDE)).astype(np.float32) / _SIDE
        self._words = [f"word {number % _KINDS}" for number in range(_WORDS)]

    def time(self) -> int:
        """Do the work and return its nanoseconds."""
        begin = perf_counter_ns()
        for _ in range(_OVERLAPS):
            _overlap(self.boxes)
        _group(self._words)
        _multiply(self.matrix)
        return perf_counter_ns() - begin


def _group(words: list[str]) -> list[tuple[int, str]]:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place if place % 2 else -place)
    return sorted((sum(found), word) for word, found in places.items())


def _overlap(boxes: np.ndarray) -> np.ndarray:
    near = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    far = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.clip(far - near, 0, None), axis=2)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.argsort(shared / (area[:, None] + area - shared), axis=1)


def _multiply(matrix: np.ndarray) -> np.ndarray:
    product = matrix
    for _ in range(_PRODUCTS):
        product = np.tanh(matrix @ product)
    return product
