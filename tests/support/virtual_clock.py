"""A clock that advances only when a test says so, in place of the clocks of the code under test.

Durations measured with it are exact, however busy the machine is.
"""

from __future__ import annotations

import time
from types import ModuleType

import pytest

MS = 1_000_000  # nanoseconds
_S = 1000 * MS
_FUNCTIONS = ("monotonic", "perf_counter_ns", "process_time_ns", "sleep")


class VirtualClock:
    """Elapsed time and processor time of a process, in nanoseconds from zero.

    Args:
        reading_ns: Time that each reading of a clock takes, as work.
    """

    def __init__(self, reading_ns: int = 0) -> None:
        self._elapsed_ns = self._processor_ns = 0
        self._reading_ns = reading_ns

    def sleep(self, seconds: float) -> None:
        """Let time pass without using the processor."""
        self._elapsed_ns += round(seconds * _S)

    def work(self, ns: int) -> None:
        """Let time pass in which the processor is used."""
        self._elapsed_ns += ns
        self._processor_ns += ns

    def perf_counter_ns(self) -> int:
        self.work(self._reading_ns)
        return self._elapsed_ns

    def process_time_ns(self) -> int:
        self.work(self._reading_ns)
        return self._processor_ns

    def monotonic(self) -> float:
        return self.perf_counter_ns() / _S

    def install(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        """Replace the functions of `time` that these modules have imported by name."""
        for module in modules:
            names = [name for name in _FUNCTIONS if hasattr(module, name)]
            assert names, f"{module.__name__}: expected one of {_FUNCTIONS}, found none"
            for name in names:
                assert getattr(module, name) is getattr(time, name), f"{module.__name__}.{name}"
                monkeypatch.setattr(module, name, getattr(self, name))
