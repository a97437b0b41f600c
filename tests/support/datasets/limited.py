"""Run something in a child process that may take only so much more memory."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path


def outcome(action: Callable[[], object], megabytes: int = 400) -> str:
    """Return the error that an action ends with, "" if none, "killed" if it takes its process."""
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
    except BaseException as error:  # whatever it is, the test shows it
        return f"{type(error).__name__}: {error}"
    return "read"
