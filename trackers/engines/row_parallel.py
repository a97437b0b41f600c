"""Divide the rows of a batch among threads, each of which runs the network on its own rows.

Threads that share an operator synchronize at every operator, hundreds of times per run. Here they
synchronize once, at the end, and the data of each core is small enough to stay in its cache.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Protocol

import numpy as np

_CHUNK_ROWS = 2  # with more rows the data of a core exceeds its cache


class Session(Protocol):
    """An ONNX Runtime session that computes on the calling thread and allows several at once."""

    def run(self, names: None, inputs: Mapping[str, np.ndarray], /) -> Sequence[np.ndarray]:
        """Return all outputs."""


class RowParallelSession:
    """A session whose batch rows are divided among threads.

    Args:
        session: Session that uses one thread per call.
        rows: Inputs whose first axis is divided; the first axis of every output is.
        threads: Number of threads, including that of the caller.
    """

    def __init__(self, session: Session, rows: Sequence[str], threads: int) -> None:
        self._session, self._rows, self._threads = session, rows, threads
        self._pool = ThreadPoolExecutor(threads - 1)

    def has_row_per_thread(self, inputs: Mapping[str, np.ndarray]) -> bool:
        """Return whether there are at least as many rows as threads."""
        return len(inputs[self._rows[0]]) >= self._threads

    def run(self, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Return the outputs for all rows."""
        return self._start(inputs, self._threads)()

    def begin(self, inputs: Mapping[str, np.ndarray]) -> Callable[[], list[np.ndarray]]:
        """Start on all threads but the caller's and return a function that waits for the outputs.

        The caller's thread helps once it waits. Since that may be at any time, the chunks are
        small.
        """
        return self._start(inputs, max(1, len(inputs[self._rows[0]]) // _CHUNK_ROWS))

    def _start(
        self, inputs: Mapping[str, np.ndarray], chunks: int
    ) -> Callable[[], list[np.ndarray]]:
        pending = deque(enumerate(self._divide(inputs, chunks)))
        outputs: dict[int, Sequence[np.ndarray]] = {}

        def work() -> None:
            while True:
                try:
                    number, chunk = pending.popleft()
                except IndexError:  # no chunk is left
                    return
                outputs[number] = self._session.run(None, chunk)

        workers = [self._pool.submit(work) for _ in range(self._threads - 1)]

        def finish() -> list[np.ndarray]:
            work()
            for worker in workers:
                worker.result()
            ordered = [outputs[number] for number in range(chunks)]
            return [np.concatenate(part) for part in zip(*ordered, strict=True)]

        return finish

    def _divide(self, inputs: Mapping[str, np.ndarray], chunks: int) -> list[dict[str, np.ndarray]]:
        count = len(inputs[self._rows[0]])
        bounds = np.arange(chunks + 1) * count // chunks
        return [
            {**inputs, **{name: inputs[name][begin:end] for name in self._rows}}
            for begin, end in pairwise(bounds)
        ]
