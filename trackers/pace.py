"""How fast a tracker answers, so that it can be compared with another day: one of some processes.

    python -m trackers.pace --method sort --sequence data/synthetic/crowd/sequence.json
        --expect tracks.parquet --frames 45 --warm-up 10 --passes 3 20 --seconds 10
        --output pace_0.json

After each step a fixed amount of work is timed as well (`trackers.calibration`), outside the clock
of the step. Of many passes the undisturbed ones can be told (`metrics.pace`). The page's times come
from `trackers.clock`, in which nothing comes between the steps.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from datasets.files import write_json
from datasets.program import run_main
from trackers import load
from trackers.calibration import Calibration
from trackers.clock import Course, add_flags, load_course
from trackers.machine import describe_machine
from trackers.passes import decode, time_steps, warm_up


def take_pace(course: Course, warm_frames: int, passes: range, seconds: float) -> dict[str, Any]:
    """Return the times of every step and of the work after it, a list a pass, and of the load.

    Args:
        warm_frames: Stepped in each pass of the warm-up.
        passes: From the least number of them to the most.
        seconds: After so many no pass begins beyond the least.
    """
    begin, calibration = load.now(), Calibration()
    frames, _ = decode(course.feed(), course.frames)
    warm = warm_up(course.tracker, course.sequence, frames[:warm_frames], course.output_check)
    step_ns: list[list[int]] = []
    calibration_ns: list[list[int]] = []
    end = monotonic() + seconds
    while len(step_ns) < passes.stop and (len(step_ns) < passes.start or monotonic() < end):
        calibration_ns.append([])
        one = time_steps(
            course.tracker,
            course.sequence,
            frames,
            course.output_check,
            between=lambda: calibration_ns[-1].append(calibration.time()),
        )
        course.check(one.answers)
        step_ns.append(one.step_ns)
    return {
        "frames": len(frames),
        "step_ns": step_ns,
        "calibration_ns": calibration_ns,
        "warm": warm.stable,
        "load": load.between(begin, load.now()),
    }


def main() -> None:
    """Run the command line program."""
    given = _arguments()
    course = load_course(given)
    found = take_pace(course, given.warm_up, range(*given.passes), given.seconds)
    content = {"timed": "step", **found, "machine": describe_machine()}
    write_json(given.output, content, indent=None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument(
        "--passes", type=int, nargs=2, required=True, metavar=("LEAST", "MOST"), help="how many"
    )
    parser.add_argument(
        "--seconds", type=float, required=True, help="after which none begins beyond the least"
    )
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
