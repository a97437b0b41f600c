"""Time a tracker so that its times can be compared with those of another day.

    python -m trackers.timing.calibrated_clock --method sort
        --sequence data/synthetic/crowd/sequence.json --expect tracks.parquet
        --frames 45 --warm-up 10 --passes 3 20 --seconds 10 --output relative_step_time_0.json

This is one of several processes whose times are compared. After each step a fixed amount of work is
timed as well (`trackers.timing.calibration`), outside the clock of the step. With many passes the
undisturbed ones can be identified (`metrics.gate.relative_step_time`). The times on the page come
from `trackers.timing.clock`, where nothing runs between the steps.

Steps and work are timed twice: by elapsed time, and by the processor time of all threads of the
process. Processor time hardly grows when other processes keep the cores busy, but it misses time
spent waiting.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic, process_time_ns
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.types import Frame, Sequence
from trackers.contract import Tracker, TrackerOutput
from trackers.profiling import system_load
from trackers.profiling.machine import describe_machine
from trackers.timing import clock
from trackers.timing.calibration import Calibration
from trackers.timing.clock import TimedRun
from trackers.timing.timed_passes import decode, time_steps, warm_up

_WORK = 2  # version of the work; raised when times relative to it are no longer comparable


class CpuTimedTracker:
    """A tracker whose steps are timed in processor time.

    Args:
        tracker: The tracker to time.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self.step_cpu_ns: list[list[int]] = []  # nanoseconds of each step, one list per pass

    def start(self, sequence: Sequence) -> None:
        self._tracker.start(sequence)
        self.step_cpu_ns.append([])

    def step(self, frame: Frame) -> TrackerOutput:
        begin = process_time_ns()
        output = self._tracker.step(frame)
        self.step_cpu_ns[-1].append(process_time_ns() - begin)
        return output


def time_passes(
    run: TimedRun, warm_frames: int, pass_range: range, seconds: float
) -> dict[str, Any]:
    """Return the time of every step and of the work after it, one list per pass, and the load.

    Args:
        warm_frames: Number of frames in each warm-up pass.
        pass_range: From the minimum to the maximum number of passes.
        seconds: Time after which no pass beyond the minimum is started.
    """
    begin, calibration = system_load.now(), Calibration()
    frames, _ = decode(run.feed(), run.frames)
    warm = warm_up(run.tracker, run.sequence, frames[:warm_frames], run.output_check)
    tracker = CpuTimedTracker(run.tracker)
    step_ns: list[list[int]] = []
    work_ns: list[tuple[int, int]] = []
    end = monotonic() + seconds
    while len(step_ns) < pass_range.stop and (len(step_ns) < pass_range.start or monotonic() < end):
        timed_pass = time_steps(
            tracker,
            run.sequence,
            frames,
            run.output_check,
            between=lambda: work_ns.append(_time_work(calibration)),
        )
        run.check(timed_pass.outputs)
        step_ns.append(timed_pass.step_ns)
    elapsed, cpu = np.reshape(work_ns, (len(step_ns), len(frames), 2)).transpose(2, 0, 1).tolist()
    return {
        "frames": len(frames),
        "step_ns": step_ns,
        "step_cpu_ns": tracker.step_cpu_ns,
        "calibration_ns": elapsed,
        "calibration_cpu_ns": cpu,
        "warm": warm.stable,
        "load": system_load.between(begin, system_load.now()),
    }


def _time_work(calibration: Calibration) -> tuple[int, int]:
    """Return the elapsed nanoseconds and the processor time of the work.

    The work is done once untimed before: otherwise what a step left in the caches would affect it.
    """
    calibration.time()
    begin = process_time_ns()
    elapsed = calibration.time()
    return elapsed, process_time_ns() - begin


def measure(run: TimedRun, args: argparse.Namespace) -> None:
    """Time a run as the flags of `add_flags` say, and write the times."""
    times = time_passes(run, args.warm_up, range(*args.passes), args.seconds)
    machine = describe_machine(run.ordinal)
    content = {"timed": "step", "work": _WORK, **times, "machine": machine}
    write_json(args.output, content, indent=None)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what is timed and for how long."""
    clock.add_flags(parser)
    parser.add_argument(
        "--passes",
        type=int,
        nargs=2,
        required=True,
        metavar=("MIN", "MAX"),
        help="minimum and maximum number of passes",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        required=True,
        help="time after which no pass beyond the minimum is started",
    )
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    args = parser.parse_args()
    measure(clock.load_timed_run(args), args)


if __name__ == "__main__":
    sys.exit(run_main(main))
