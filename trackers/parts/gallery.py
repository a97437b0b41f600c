"""Appearance gallery: the latest embeddings of each target, and their similarity to others.

Source: Wojke, Bewley, Paulus, DeepSORT, arXiv 1703.07402, section 2.2.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection

import numpy as np


class Gallery:
    """Unit-length appearance embeddings by target.

    Args:
        budget: Number of latest embeddings kept per target; None keeps all, without bound.

    Raises:
        ValueError: The budget is less than one.
    """

    def __init__(self, budget: int | None) -> None:
        if budget is not None and budget < 1:
            raise ValueError(f"embedding budget: expected at least 1 or None, found {budget}")
        self._embeddings: dict[int, deque[np.ndarray]] = defaultdict(lambda: deque(maxlen=budget))

    def add(self, target: int, embedding: np.ndarray) -> None:
        """Add a copy of an embedding (D,): the original may be a row of a large array."""
        self._embeddings[target].append(embedding.copy())

    def keep_only(self, targets: Collection[int]) -> None:
        """Remove all targets except these."""
        for target in self._embeddings.keys() - set(targets):
            del self._embeddings[target]

    def max_cosine(self, target: int, embeddings: np.ndarray) -> np.ndarray:
        """Return the maximum cosine similarity of each of (M, D) to a target's embeddings, (M,).

        It is -inf for a target without embeddings.
        """
        if target not in self._embeddings:
            return np.full(len(embeddings), -np.inf)
        return (np.stack(self._embeddings[target]) @ embeddings.T).max(axis=0)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (N, D) scaled to length 1; zero vectors stay zero and match nothing."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
