"""Divide the rows of a batch into chunks: for an engine that accepts so many, or among threads.

Threads that share an operator synchronize at every operator, hundreds of times per run. Threads
that run the network on their own rows synchronize once, at the end, and the data of each core is
small enough to stay in its cache.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from trackers.engines.contract import Engine

_CHUNK_ROWS = 2  # with more rows the data of a core exceeds its cache


class Session(Protocol):
    """An ONNX Runtime session that computes on the calling thread and allows several at once."""

    def run(self, names: None, inputs: Mapping[str, np.ndarray], /) -> Sequence[np.ndarray]:
        """Return all outputs."""


class ChunkedEngine:
    """An engine that accepts some numbers of rows, and runs any number in as many calls as needed.

    Args:
        engine: Engine whose rows are independent of each other.
        rows: Inputs with an axis of rows, their first one; it is the first axis of every output.
        accepted: Minimum and maximum number of rows that the engine accepts, one pair for each of
            its profiles. A smaller number is filled up with copies of the last row.
        concatenate: Function that concatenates arrays of the engine along their first axis.
    """

    def __init__(
        self,
        engine: Engine,
        rows: Sequence[str],
        accepted: Sequence[tuple[int, int]],
        concatenate: Callable[[list[Any]], Any],
    ) -> None:
        self._engine, self._rows, self._accepted = engine, rows, accepted
        self._concatenate = concatenate
        self._maximum = max(maximum for _, maximum in accepted)

    def __call__(self, **inputs: Any) -> Mapping[str, Any]:
        chunks = -(-len(inputs[self._rows[0]]) // self._maximum)
        parts = [self._run(chunk) for chunk in divide(inputs, self._rows, chunks)]
        if len(parts) == 1:
            return parts[0]
        return {name: self._concatenate([part[name] for part in parts]) for name in parts[0]}

    def _run(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        count = len(inputs[self._rows[0]])
        run = min(max(low, count) for low, high in self._accepted if count <= high)
        if run == count:
            return self._engine(**inputs)
        filled = {
            name: self._concatenate([inputs[name], *[inputs[name][-1:]] * (run - count)])
            for name in self._rows
        }
        outputs = self._engine(**{**inputs, **filled})
        return {name: array[:count] for name, array in outputs.items()}


def divide(inputs: Mapping[str, Any], rows: Sequence[str], chunks: int) -> list[dict[str, Any]]:
    """Return the inputs of each chunk; those without rows are whole in all of them.

    Args:
        rows: Inputs whose first axis is divided, into parts of nearly the same length.
    """
    bounds = np.arange(chunks + 1) * len(inputs[rows[0]]) // chunks
    return [
        {**inputs, **{name: inputs[name][begin:end] for name in rows}}
        for begin, end in pairwise(bounds.tolist())
    ]


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
        pending = deque(enumerate(divide(inputs, self._rows, chunks)))
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
