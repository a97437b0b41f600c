"""Run one of our programs on a GPU that no other job of this folder uses.

    python -m workflow.on_gpu --device=1 trackers.run

The program's own flags follow its name. Without `--device` it gets the first free one of the
visible devices, instances of divided GPUs (MIG) included, as the only device that CUDA shows it;
with it the named ones, under their own numbers. A device is taken by locking a file in
.snakemake/gpus/ until the process ends, however it ends. If all are taken, the program waits.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import runpy
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from datasets.io.program import run_main
from trackers.profiling.gpu_check import require_gpu
from trackers.profiling.gpu_devices import GpuDevice, visible_devices

_LOCKS = Path(".snakemake", "gpus")
_PAUSE_S = 0.2  # between two looks for a free device


def take(devices: Sequence[GpuDevice], locks: Path = _LOCKS) -> tuple[GpuDevice, IO[str]]:
    """Return the first device that no other process has taken, and the file that holds its lock.

    It waits until one is free.
    """
    locks.mkdir(parents=True, exist_ok=True)
    while True:
        for device in devices:
            file = (locks / f"{device.uuid.replace('/', '_')}.lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                return device, file
        time.sleep(_PAUSE_S)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--device", type=int, action="append", default=[], help="number of a CUDA device"
    )
    parser.add_argument("program", help="module of the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its flags")
    args = parser.parse_args()
    for ordinal in args.device or [0]:
        require_gpu(ordinal)
    devices = visible_devices()
    if args.device:
        held = [take([devices[ordinal]]) for ordinal in sorted(set(args.device))]
    else:
        held = [take(devices)]
        os.environ["CUDA_VISIBLE_DEVICES"] = held[0][0].uuid
    sys.argv = [args.program, *args.arguments]
    runpy.run_module(args.program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    sys.exit(run_main(main))
