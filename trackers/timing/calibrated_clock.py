"""How fast a tracker answers, so that it can be compared with another day: one of some processes.

    python -m trackers.timing.calibrated_clock --method sort
        --sequence data/synthetic/crowd/sequence.json --expect tracks.parquet
        --frames 45 --warm-up 10 --passes 3 20 --seconds 10 --output pace_0.json

After each step a fixed amount of work is timed as well (`trackers.timing.calibration`), outside the
clock of the step. Of many passes the undisturbed ones can be told
(`metrics.gate.relative_step_time`). The page's times come from `trackers.timing.clock`, in which
nothing comes between the steps.

Both are timed twice: elapsed time, and the processor time of all threads of the process, which
hardly grows when other processes keep the cores busy, but misses what is spent waiting.
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
from trackers.timing.clock import Course
from trackers.timing.timed_passes import decode, time_steps, warm_up

_WORK = 2  # raised when paces in units of the work are no longer comparable with those before


class CpuClock:
    """A tracker beside a clock of processor time.

    Args:
        passes: Nanoseconds of each step, a list a pass.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self.passes: list[list[int]] = []

    def start(self, sequence: Sequence) -> None:
        self._tracker.start(sequence)
        self.passes.append([])

    def step(self, frame: Frame) -> TrackerOutput:
        begin = process_time_ns()
        answer = self._tracker.step(frame)
        self.passes[-1].append(process_time_ns() - begin)
        return answer


def take_pace(course: Course, warm_frames: int, passes: range, seconds: float) -> dict[str, Any]:
    """Return the times of every step and of the work after it, a list a pass, and the load.

    Args:
        warm_frames: Stepped in each pass of the warm-up.
        passes: From the least number of them to the most.
        seconds: After so many no pass begins beyond the least.
    """
    begin, calibration = system_load.now(), Calibration()
    frames, _ = decode(course.feed(), course.frames)
    warm = warm_up(course.tracker, course.sequence, frames[:warm_frames], course.output_check)
    tracker = CpuClock(course.tracker)
    step_ns: list[list[int]] = []
    work_ns: list[tuple[int, int]] = []
    end = monotonic() + seconds
    while len(step_ns) < passes.stop and (len(step_ns) < passes.start or monotonic() < end):
        one = time_steps(
            tracker,
            course.sequence,
            frames,
            course.output_check,
            between=lambda: work_ns.append(_time_both(calibration)),
        )
        course.check(one.answers)
        step_ns.append(one.step_ns)
    elapsed, cpu = np.reshape(work_ns, (len(step_ns), len(frames), 2)).transpose(2, 0, 1).tolist()
    return {
        "frames": len(frames),
        "step_ns": step_ns,
        "step_cpu_ns": tracker.passes,
        "calibration_ns": elapsed,
        "calibration_cpu_ns": cpu,
        "warm": warm.stable,
        "load": system_load.between(begin, system_load.now()),
    }


def _time_both(calibration: Calibration) -> tuple[int, int]:
    """Return the nanoseconds of the work, and its processor time.

    It is done once before: after a step with other ends it would find other things in the caches.
    """
    calibration.time()
    begin = process_time_ns()
    elapsed = calibration.time()
    return elapsed, process_time_ns() - begin


def measure(course: Course, args: argparse.Namespace) -> None:
    """Time what the flags of `add_flags` ask for, and write it."""
    found = take_pace(course, args.warm_up, range(*args.passes), args.seconds)
    content = {"timed": "step", "work": _WORK, **found, "machine": describe_machine()}
    write_json(args.output, content, indent=None)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what is timed, and for how long."""
    clock.add_flags(parser)
    parser.add_argument(
        "--passes", type=int, nargs=2, required=True, metavar=("LEAST", "MOST"), help="how many"
    )
    parser.add_argument(
        "--seconds", type=float, required=True, help="after which none begins beyond the least"
    )
    parser.add_argument("--output", type=Path, required=True)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    args = parser.parse_args()
    measure(clock.load_course(args), args)


if __name__ == "__main__":
    sys.exit(run_main(main))
