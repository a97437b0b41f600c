"""Steps of `bench.gpu` that end in every way a step can.

    python -m tests.support.gpu_steps run.json

runs two of them, of which the second hangs.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from pathlib import Path

from bench.gpu.context import AbsentError, Settings
from bench.gpu.plan import FIRST, Step
from bench.gpu.record import Record
from bench.gpu.run import Limits, run_steps, terminate


def succeed(context, value=1):
    context.facts(value=value)
    context.row(pid=os.getpid())


def fail(context):
    context.row(pid=os.getpid(), iou=float("nan"))
    raise ValueError("/home/jane/data/secret.pt: expected a checkpoint, found none")


def lack(context):
    raise AbsentError("expected a library, found none")


def need(context):
    importlib.import_module("a_library")


def crash(context):
    print("the last words", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(context):
    context.row(pid=os.getpid())
    time.sleep(60)


def main():
    signal.signal(signal.SIGTERM, terminate)
    path, module = Path(sys.argv[1]), "tests.support.gpu_steps"
    planned = [
        Step(FIRST, "", f"{module}:succeed", 30, {"value": 5}),
        Step("hanging", "", f"{module}:hang", 60),
    ]
    settings = Settings("cpu", "smoke", str(path.parent))
    run_steps(Record(path, {}, planned), settings, planned, Limits(60))


if __name__ == "__main__":
    main()
