"""What targets looked like: the newest vectors of each, and how like them others are."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection

import numpy as np


class Gallery:
    """Unit vectors of appearance, by target.

    Args:
        budget: The newest so many of a target are kept; None keeps all, without bound.

    Raises:
        ValueError: The budget is less than one.
    """

    def __init__(self, budget: int | None) -> None:
        if budget is not None and budget < 1:
            raise ValueError(f"budget of vectors: {budget} found, expected at least 1, or none")
        self._kept: dict[int, deque[np.ndarray]] = defaultdict(lambda: deque(maxlen=budget))

    def add(self, target: int, vector: np.ndarray) -> None:
        """Keep a copy of a vector, (D,), of a target: it may be a row of a large array."""
        self._kept[target].append(vector.copy())

    def forget_others(self, targets: Collection[int]) -> None:
        """Forget every target but these."""
        for target in self._kept.keys() - set(targets):
            del self._kept[target]

    def cosine(self, target: int, vectors: np.ndarray) -> np.ndarray:
        """Return the largest cosine of each of (M, D) with a target's vectors, (M,).

        It is -inf for a target of which none was added.
        """
        if target not in self._kept:
            return np.full(len(vectors), -np.inf)
        return (np.stack(self._kept[target]) @ vectors.T).max(axis=0)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors, (N, D), at length 1; a vector of zeros stays: it is like no other."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
