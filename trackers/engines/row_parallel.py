"""Rows of a batch shared among threads, each of which runs a network for its own rows alone.

Threads that share an operator wait for each other at every operator, hundreds of times a run; here
they meet once, at the end, and what a core works on is small enough to stay in its cache.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Protocol

import numpy as np

_FEW = 2  # rows of a share: with more, a core works on what its cache does not hold


class Run(Protocol):
    """A session of ONNX Runtime that computes on the thread that calls it, whichever it is."""

    def run(self, names: None, given: Mapping[str, np.ndarray], /) -> Sequence[np.ndarray]:
        """Return all outputs."""


class RowParallelSession:
    """See the module.

    Args:
        session: Of one thread.
        rows: The inputs whose first axis is shared; that of every output is.
        threads: How many, that of the caller among them.
    """

    def __init__(self, session: Run, rows: Sequence[str], threads: int) -> None:
        self._session, self._rows, self._threads = session, rows, threads
        self._others = ThreadPoolExecutor(threads - 1)

    def has_row_per_thread(self, given: Mapping[str, np.ndarray]) -> bool:
        """Whether there is a row for every thread."""
        return len(given[self._rows[0]]) >= self._threads

    def run(self, given: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Return the outputs, those of all rows together."""
        return self._start(given, self._threads)()

    def begin(self, given: Mapping[str, np.ndarray]) -> Callable[[], list[np.ndarray]]:
        """Start on all threads but the caller's, who joins them when it asks for the outputs.

        Nobody knows when that is, so the shares are small.
        """
        return self._start(given, max(1, len(given[self._rows[0]]) // _FEW))

    def _start(
        self, given: Mapping[str, np.ndarray], shares: int
    ) -> Callable[[], list[np.ndarray]]:
        waiting = deque(enumerate(self._divide(given, shares)))
        parts: dict[int, Sequence[np.ndarray]] = {}

        def work() -> None:
            while True:
                try:
                    number, share = waiting.popleft()
                except IndexError:  # nothing waits any more
                    return
                parts[number] = self._session.run(None, share)

        others = [self._others.submit(work) for _ in range(self._threads - 1)]

        def finish() -> list[np.ndarray]:
            work()
            for other in others:
                other.result()
            ordered = [parts[number] for number in range(shares)]
            return [np.concatenate(part) for part in zip(*ordered, strict=True)]

        return finish

    def _divide(self, given: Mapping[str, np.ndarray], shares: int) -> list[dict[str, np.ndarray]]:
        count = len(given[self._rows[0]])
        bounds = np.arange(shares + 1) * count // shares
        return [
            {**given, **{name: given[name][begin:end] for name in self._rows}}
            for begin, end in pairwise(bounds)
        ]
