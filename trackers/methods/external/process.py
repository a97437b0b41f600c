"""Run a program until it ends or times out, and keep a bounded excerpt of its output.

The program runs in its own process group. When it ends or times out, all remaining processes of the
group are stopped; only a process that leaves the group by itself, as a daemon does, keeps running.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from time import monotonic, perf_counter_ns, sleep
from typing import IO

from datasets.io.files import RUN
from datasets.io.sigterm import raising_on_sigterm

_FIRST, _LAST = 1 << 13, 1 << 15  # bytes kept of a stream, from its start and its end
_CHUNK = 1 << 16
_GRACE_S = 2.0  # from SIGTERM to SIGKILL
_POLL_S = 0.02  # between two checks of whether the group has ended
_DRAIN_S = 10.0  # to read the last output; in full only where a daemon keeps the streams open
# variables that would make a program import packages of this environment, not of its own
_REMOVED_VARIABLES = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", RUN}


@dataclass(frozen=True)
class ProgramResult:
    """How a program ended.

    Args:
        code: Exit code, negative for a signal; None if the program timed out.
        elapsed_ns: Time from before the start of the program to its end.
        output: First and last part of its standard output.
        errors: First and last part of its standard error.
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
        """Add the next bytes."""
        unfilled = _FIRST - len(self._first)
        self._first += chunk[:unfilled]
        self._last = (self._last + chunk[unfilled:])[-_LAST:]
        self._count += len(chunk)

    def text(self) -> str:
        """Return the kept text, with the number of omitted bytes in its gap."""
        first, last = bytes(self._first), bytes(self._last)
        omitted = self._count - len(first) - len(last)
        gap = f"\n[... {omitted} bytes left out ...]\n" if omitted > 0 else ""
        return first.decode(errors="replace") + gap + last.decode(errors="replace")


def run_program(words: Many[str], folder: Path, timeout_s: float) -> ProgramResult:
    """Run a program in a folder and return how it ended.

    Raises:
        OSError: The program cannot be started.
    """
    output, errors, timed_out = Excerpt(), Excerpt(), Event()
    with raising_on_sigterm():
        start = perf_counter_ns()
        process = _start(words, folder)
        timer = Timer(timeout_s, _stop_group, (process.pid, timed_out))
        readers = [
            Thread(target=excerpt.read, args=(stream,), daemon=True)
            for excerpt, stream in ((output, process.stdout), (errors, process.stderr))
        ]
        try:
            for thread in (timer, *readers):
                thread.start()
            code = process.wait()
            elapsed = perf_counter_ns() - start
        finally:
            timer.cancel()
            _signal(process.pid, signal.SIGKILL)
    for reader in readers:
        reader.join(_DRAIN_S)
    exit_code = None if timed_out.is_set() else code
    return ProgramResult(exit_code, elapsed, output.text(), errors.text())


def _start(words: Many[str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in _REMOVED_VARIABLES},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _stop_group(group: int, timed_out: Event) -> None:
    """Send SIGTERM to a process group, and SIGKILL if it is still running after a while."""
    timed_out.set()
    deadline = monotonic() + _GRACE_S
    running = _signal(group, signal.SIGTERM)
    while running and monotonic() < deadline:
        sleep(_POLL_S)
        running = _signal(group, 0)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group and return whether the group exists."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the latter for a group of zombies on macOS
        return False
    return True
