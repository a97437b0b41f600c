"""What SIGTERM, by which schedulers end a job, does to a program that has something to clean up."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


def _exit() -> BaseException:
    return SystemExit(128 + signal.SIGTERM)


@contextmanager
def raising_on_sigterm(error: Callable[[], BaseException] = _exit) -> Iterator[None]:
    """Let SIGTERM raise an error in the main thread, so that `finally` and `except` run.

    Args:
        error: Makes the error; by default SystemExit with the exit code that a shell reports.
    """

    def interrupt(_: int, __: FrameType | None) -> None:
        raise error()

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
