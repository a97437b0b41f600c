"""Waiting for what another thread or process does, however long a busy machine takes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

_HANG_S = 1800  # far beyond any delay of a busy machine
_POLL_S = 0.02


def wait_until(condition: Callable[[], bool], running: subprocess.Popen[Any] | None = None) -> None:
    """Return once a condition holds; fail if the process that should bring it about has ended."""
    hung = time.monotonic() + _HANG_S
    while not condition():
        ended = running is not None and running.poll() is not None
        assert not ended or condition(), "the process ended before the condition held"
        assert time.monotonic() < hung
        time.sleep(_POLL_S)
