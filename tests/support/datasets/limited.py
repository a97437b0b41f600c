"""Run a function in a child process with limited additional memory."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path


def outcome(action: Callable[[], object], megabytes: int = 400) -> str:
    """Return the error that a function raises, "" if none, "killed" if its process dies."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            limit = size + (megabytes << 20)
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            os.write(writer, _attempt(action).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    os.waitpid(child, 0)
    return "" if text == "read" else text or "killed"


def _attempt(action: Callable[[], object]) -> str:
    try:
        action()
    except BaseException as error:  # any error is shown by the test
        return f"{type(error).__name__}: {error}"
    return "read"
