"""A program run to its end or its time-out, with all that it starts, and what it prints, bounded.

It has a process group of its own. What is left of the group when the program has ended, or when its
time is over, is stopped; only what leaves the group by itself, as a daemon does, goes on.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from collections.abc import Sequence as Many
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from time import monotonic, perf_counter_ns, sleep
from types import FrameType
from typing import IO, NoReturn

from datasets.io.files import RUN

_FIRST, _LAST = 1 << 13, 1 << 15  # bytes of a stream that are kept
_CHUNK = 1 << 16
_GRACE = 2.0  # seconds from asking a group to end to ending it
_GLANCE = 0.02  # seconds between two looks at whether it has
_DRAIN = 0.5  # seconds for what the program printed last, where a daemon keeps its streams open
# ours, and would make a program of another environment import what is of this one
_OURS = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", RUN}


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Args:
        code: Its exit code, negative for a signal; None if it was stopped at its time-out.
        elapsed_ns: From before its start to its end.
        output: The first and the last part of what it printed.
        errors: The same of its standard error.
    """

    code: int | None
    elapsed_ns: int
    output: str
    errors: str


class Excerpt:
    """The first and the last bytes of a stream of any length."""

    def __init__(self) -> None:
        self._first, self._last, self._count = bytearray(), bytearray(), 0

    def read(self, stream: IO[bytes]) -> None:
        """Read a stream to its end."""
        while chunk := os.read(stream.fileno(), _CHUNK):
            self.add(chunk)

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        workdir = _FIRST - len(self._first)
        self._first += chunk[:workdir]
        self._last = (self._last + chunk[workdir:])[-_LAST:]
        self._count += len(chunk)

    def text(self) -> str:
        """Return what is kept, and how much is not."""
        first, last = bytes(self._first), bytes(self._last)
        left_out = self._count - len(first) - len(last)
        gap = f"\n[... {left_out} bytes left out ...]\n" if left_out > 0 else ""
        return first.decode(errors="replace") + gap + last.decode(errors="replace")


def run_program(words: Many[str], folder: Path, timeout_s: float) -> Ended:
    """Return how a program ended that was started in a folder.

    Raises:
        OSError: It cannot be started.
    """
    output, errors, late = Excerpt(), Excerpt(), Event()
    with _ended_by_signal():
        begin = perf_counter_ns()
        process = _start(words, folder)
        timer = Timer(timeout_s, _stop_late, (process.pid, late))
        readers = [
            Thread(target=excerpt.read, args=(stream,), daemon=True)
            for excerpt, stream in ((output, process.stdout), (errors, process.stderr))
        ]
        try:
            for thread in (timer, *readers):
                thread.start()
            code = process.wait()
            elapsed = perf_counter_ns() - begin
        finally:
            timer.cancel()
            _signal(process.pid, signal.SIGKILL)
    for reader in readers:
        reader.join(_DRAIN)
    return Ended(None if late.is_set() else code, elapsed, output.text(), errors.text())


def _start(words: Many[str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in _OURS},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _stop_late(group: int, late: Event) -> None:
    """Ask a process group to end, and end it a little later."""
    late.set()
    deadline = monotonic() + _GRACE
    there = _signal(group, signal.SIGTERM)
    while there and monotonic() < deadline:
        sleep(_GLANCE)
        there = _signal(group, 0)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; return whether there was one."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the latter for one of zombies on macOS
        return False
    return True


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Make SIGTERM an exit as any other, so that the program is stopped then too."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
