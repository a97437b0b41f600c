"""Time spent in the named stages of a step, each without the stages nested in it.

    with stage("encode"):
        features = self._networks.encode(...)

A stage outside a recording costs a microsecond. The clock records one pass. It waits for the device
at both ends of each stage, so that asynchronous work counts towards the stage that started it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter_ns

REST = "rest"  # time of a step outside all stages


class StageTimes:
    """Nanoseconds spent in each stage so far.

    Args:
        wait: Function called before the clock is read, to wait for a device.
    """

    def __init__(self, wait: Callable[[], None] = lambda: None) -> None:
        self.spent: dict[str, int] = {}
        self._wait = wait
        self._active: list[str] = []  # names of the nested stages, innermost last
        self._last_switch = 0

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Count the time of the `with` block towards a stage, without nested stages."""
        self._switch()
        self._active.append(name)
        try:
            yield
        finally:
            self._switch()
            self._active.pop()

    def _switch(self) -> None:
        self._wait()
        now = perf_counter_ns()
        if self._active:
            name = self._active[-1]
            self.spent[name] = self.spent.get(name, 0) + now - self._last_switch
        self._last_switch = now


_record: ContextVar[StageTimes | None] = ContextVar("record", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time of the `with` block towards a stage if a step is being recorded."""
    record = _record.get()
    if record is None:
        yield
        return
    with record.within(name):
        yield


@contextmanager
def recording(record: StageTimes) -> Iterator[None]:
    """Record the stages of the `with` block; time outside all stages counts as `rest`."""
    token = _record.set(record)
    try:
        with record.within(REST):
            yield
    finally:
        _record.reset(token)
