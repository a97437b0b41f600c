"""What a step spends its time on: stages that a tracker names, each without those within it.

    with stage("encode"):
        features = self._networks.encode(...)

A stage that nobody records costs a microsecond. The clock records one pass, in which a device is
waited for at both ends of a stage, so that work that is still going on there counts where it
belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter_ns

REST = "rest"  # of a step: what is in no stage


class Record:
    """Nanoseconds of each stage so far.

    Args:
        wait: Called before the clock is read: waits for a device.
    """

    def __init__(self, wait: Callable[[], None] = lambda: None) -> None:
        self.spent: dict[str, int] = {}
        self._wait = wait
        self._open: list[str] = []
        self._since = 0

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Count what passes as a stage's, but for what stages within it take."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        self._wait()
        now = perf_counter_ns()
        if self._open:
            name = self._open[-1]
            self.spent[name] = self.spent.get(name, 0) + now - self._since
        self._since = now


_record: ContextVar[Record | None] = ContextVar("record", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Name what is done within, where a step is being recorded."""
    record = _record.get()
    if record is None:
        yield
        return
    with record.within(name):
        yield


@contextmanager
def recording(record: Record) -> Iterator[None]:
    """Record the stages of what is done within; what is in none of them is `rest`."""
    before = _record.set(record)
    try:
        with record.within(REST):
            yield
    finally:
        _record.reset(before)
