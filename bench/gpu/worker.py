"""The process that runs steps: one request per line of standard input, messages on standard output.

A request names a step and the seconds it may take. Messages are JSON objects, one per line: facts
and rows of the results, the state of the GPU before and after, and at last how the step ended. What
libraries print goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue
from threading import Thread
from time import monotonic, process_time
from typing import Any, TextIO

from bench.gpu.context import AbsentError, Context, Settings
from datasets.io.program import describe_error, run_main
from trackers.profiling.gpu import find_gpu

_OURS = ("bench", "datasets", "trackers")
_ENDED = 3  # exit code after the process that sends requests has ended


def main() -> None:
    """Run the steps that are requested."""
    send = _sender(_take_output())
    for request in _requests():
        settings = Settings(**request["settings"])
        context = Context(settings, monotonic() + request["seconds"], send)
        send({"gpu": {"before": gpu_state(settings.device)}})
        begin = process_time()
        ended = run_step(request["function"], context, request["arguments"])
        send({"gpu": {"after": gpu_state(settings.device)}})
        send(ended | {"processor_s": round(process_time() - begin, 2)})


def run_step(function: str, context: Context, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run a step and return how it ended: `done`, `absent` or `failed`, with the reason."""
    module, name = function.split(":")
    try:
        getattr(importlib.import_module(module), name)(context, **arguments)
    except Exception as error:  # any fault of a step is a result of the run
        absent = isinstance(error, AbsentError) or _is_not_installed(error)
        return {"ended": "absent" if absent else "failed", "reason": describe_error(error)}
    return {"ended": "done"}


def _is_not_installed(error: Exception) -> bool:
    """Return whether an error says that a library of others is not installed."""
    name = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
    return bool(name) and name.split(".")[0] not in _OURS


def gpu_state(device: str) -> dict[str, Any] | None:
    """Return clocks, temperature, power and other processes; None on a CPU or without NVML."""
    if device == "cpu":
        return None
    try:
        gpu = find_gpu()
        return None if gpu is None else gpu.state()
    except Exception as error:  # containers and MIG refuse some queries
        return {"unknown": f"{type(error).__name__}: {error}"}


def _take_output() -> TextIO:
    """Return the standard output, in whose place libraries then write to standard error."""
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return messages


def _sender(output: TextIO) -> Callable[[Mapping[str, Any]], None]:
    def send(message: Mapping[str, Any]) -> None:
        print(json.dumps(message), file=output, flush=True)

    return send


def _requests() -> Iterator[dict[str, Any]]:
    """Yield the requests; end this process, whatever it does, when their sender has ended."""
    queue: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            queue.put(line)
        os._exit(_ENDED)

    Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(queue.get())


if __name__ == "__main__":
    sys.exit(run_main(main))
