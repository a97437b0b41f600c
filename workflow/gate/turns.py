"""Relative step times of a tracker of two commits, in turns: this, other, other, this, this, ...

Both are timed on this machine by the clock of this working tree (`trackers.timing.other_checkout`),
each with its own tracker, options, files and tracks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasets.io.files import read_json
from datasets.io.git import ROOT
from datasets.run_layout import RUN, TRACKS, RunLayout
from metrics.comparison.bootstrap import Rules
from metrics.comparison.compare import AMBIGUOUS, WORSE
from metrics.gate.checks import step_time_verdict
from metrics.gate.turns import compare_turns, measure_pair

MAX_ROUNDS = 3
_PROGRAM = "trackers.timing.other_checkout"
_INPUTS = {"images": "image", "detections.parquet": "detections", "prompts.parquet": "prompts"}


@dataclass(frozen=True)
class Side:
    """One side of the comparison: a working tree whose trackers have run.

    Args:
        root: Absolute path of the working tree.
        python: Interpreter of its environment.
        program: Program that times its trackers: the arguments before its flags.
    """

    root: Path
    python: str = sys.executable
    program: tuple[str, ...] = ("-P", "-m", _PROGRAM)

    def result(self, variant: str, dataset: str, sequence: str) -> Path:
        """Return the folder of the results for a sequence."""
        return RunLayout(self.root).sequence(variant, dataset, sequence)

    def environment(self) -> dict[str, str]:
        """Return the environment variables of its programs."""
        path = f"{Path(self.python).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True)
class Timed:
    """A variant and the sequences on which it is timed.

    Args:
        limits: Frames, passes and seconds, as in the plan of the gate.
    """

    variant: str
    dataset: str
    sequences: Many[str]
    limits: Mapping[str, Any]


def take_turns(
    sides: tuple[Side, Side], timed: Timed, pairs: int, tolerance: float
) -> dict[str, Any]:
    """Return the relative step times of pairs of processes, in rounds of `pairs`.

    Another round follows while the verdict is ambiguous, and after the first round that shows a
    slower tracker: the pairs of all rounds together must confirm it.

    Args:
        sides: The reference side, and the side under test.
        tolerance: Tolerated slowdown, as a share of the reference time.

    Raises:
        RuntimeError: A tracker could not be timed.
    """
    found: dict[str, Any] = {"pairs": []}
    verdict = ""
    while len(found["pairs"]) < pairs * MAX_ROUNDS:
        for number in range(pairs):
            order = (0, 1) if number % 2 else (1, 0)
            timings = {side: _time(sides[side], timed) for side in order}
            found["machine"] = timings[1][0]["machine"]
            found["pairs"].append(measure_pair(timings[0], timings[1]))
        # tested after whole rounds only: with a test after each pair, noise would decide
        before, verdict = verdict, verdict_of_turns(found, tolerance)
        if verdict != AMBIGUOUS and (verdict != WORSE or before == WORSE):
            break
    return found


def verdict_of_turns(turns: Mapping[str, Any], tolerance: float) -> str:
    """Return the verdict on the pairs measured so far."""
    level, on_gpu = Rules().level, "gpu" in turns["machine"]
    compared = compare_turns(turns["pairs"], tolerance, level, on_gpu=on_gpu)
    return step_time_verdict(compared.time_change, tolerance)


def _time(side: Side, timed: Timed) -> list[dict[str, Any]]:
    return [_time_sequence(side, timed, sequence) for sequence in timed.sequences]


def _time_sequence(side: Side, timed: Timed, sequence: str) -> dict[str, Any]:
    place = side.result(timed.variant, timed.dataset, sequence)
    run, limits = read_json(place / RUN), timed.limits
    with TemporaryDirectory() as folder:
        output = Path(folder, "step_times.json")
        flags = {
            "root": side.root,
            "method": run["method"],
            "options": json.dumps(run["options"]),
            "sequence": side.root / "data" / timed.dataset / sequence / "sequence.json",
            "expect": place / TRACKS,
            "frames": limits["frames"],
            "warm-up": limits["warm_up"],
            "seconds": limits["seconds"],
            "output": output,
        }
        command = [side.python, *side.program]
        command += [f"--{name}={value}" for name, value in flags.items()]
        command += ["--passes", *(str(limits["passes"][name]) for name in ("min", "max"))]
        command += ["--inputs", *(_INPUTS[name] for name in run["inputs"] if name in _INPUTS)]
        done = subprocess.run(
            command, cwd=side.root, env=side.environment(), capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(
                f"{place}: the tracker could not be timed (exit code {done.returncode}): "
                f"{done.stderr.decode(errors='replace').strip()}"
            )
        timing: dict[str, Any] = read_json(output)
    return timing
