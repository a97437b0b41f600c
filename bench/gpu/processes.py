"""Run steps in a worker process, which is replaced after a step that did not end as it should.

A fault on a GPU can leave a process in which nothing works any more, and a step may crash, use up
the memory or hang. So no step runs in the process that writes the record.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, Any

from bench.gpu.context import Settings
from bench.gpu.plan import Step

_LAST_LINES = 5  # of a crashed worker's output, kept as the reason
_GRACE = 2.0  # seconds to report the end of a step after its deadline


class Workers:
    """One worker process at a time.

    Args:
        settings: The settings of the run.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._messages: SimpleQueue[str | None] = SimpleQueue()
        self._log: deque[str] = deque(maxlen=_LAST_LINES)
        self._logger: Thread | None = None

    def run(self, step: Step, seconds: float) -> Iterator[dict[str, Any]]:
        """Yield the messages of a step; the last one has the key `ended`.

        Args:
            seconds: Time after which the step is stopped.
        """
        process, deadline = self._process or self._start(), monotonic() + seconds
        request: dict[str, Any] = {"function": step.function, "arguments": dict(step.arguments)}
        request |= {"settings": asdict(self._settings), "seconds": seconds}
        assert process.stdin is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        while True:
            message = self._next(deadline + _GRACE, seconds)
            if message.get("ended") not in (None, "done", "absent"):
                self.stop()
            yield message
            if "ended" in message:
                return

    def _next(self, deadline: float, seconds: float) -> dict[str, Any]:
        """Return the next message, or how the step ended if there is none."""
        try:
            line = self._messages.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            return {"ended": "cut", "reason": f"stopped after {seconds:.0f} s"}
        if line is not None:
            found: dict[str, Any] = json.loads(line)
            return found
        assert self._process is not None
        assert self._logger is not None
        code = self._process.wait()
        self._logger.join(_GRACE)
        cause = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return {"ended": "crashed", "reason": f"{cause}: {' | '.join(self._log)}"}

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.gpu.worker"],
            env=os.environ | {"TQDM_DISABLE": "1"},  # the official predictor's progress bars
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that its own processes, as those that compile, end too
        )
        self._messages, self._log = SimpleQueue(), deque(maxlen=_LAST_LINES)
        Thread(target=_forward, args=(process.stdout, self._messages), daemon=True).start()
        self._logger = Thread(target=_keep, args=(process.stderr, self._log), daemon=True)
        self._logger.start()
        self._process = process
        return process

    def stop(self) -> None:
        """End the worker and all that it started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


def _forward(stream: IO[str], queue: SimpleQueue[str | None]) -> None:
    for line in stream:
        queue.put(line)
    queue.put(None)


def _keep(stream: IO[str], log: deque[str]) -> None:
    for line in stream:
        log.append(line.strip())
        sys.stderr.write(line)
