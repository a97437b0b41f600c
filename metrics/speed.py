"""How fast a variant is: every timing.json of a data set → speed.json.

python -m metrics.speed --timings a/timing.json b/timing.json --output speed.json
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import numpy as np

from datasets.files import read_json, write_json
from metrics.family import Column

TIMED = {  # by what timing.json says was timed: a label where it is not the step, and in words
    "step": ("", "Each step of the tracker, warm, alone"),
    "pipeline": (
        "whole pipeline",
        "Each frame from its decoding to the end of a pipeline, of which the tracker is a part",
    ),
    "process": (
        "whole process",
        "The whole program, from its start to its end, loading, reading and writing included",
    ),
}
COLUMNS = (
    Column("fps", "fps", "up", "Frames over the time of their steps, median of the repeats"),
    Column("p50_ms", "ms", "down", "Median time of a step"),
    Column("p95_ms", "ms", "down", "95th percentile of the time of a step"),
    Column(
        "memory_MB", "MB", "down", "Most resident memory of the process, decoded frames left out"
    ),
)


def summarize_timings(timings: Many[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns, their values and what they rest on.

    The percentiles are over all frames of all repeats, where frames were timed one by one. Frames
    per second are the frames of all sequences over the sum of their steps; `fps_range` is the
    slowest and the fastest repeat.

    Raises:
        ValueError: The sequences were not timed equally often, or not alike, or on different
            machines.
    """
    repeats, kind = _check_alike(timings)
    label, meaning = TIMED[kind]
    steps = np.concatenate([np.asarray(timing["step_ns"], float) for timing in timings], axis=1)
    peaks = [timing["peak_memory"] for timing in timings]
    frames = sum(timing["frames"] for timing in timings)
    rates = frames / (steps.sum(axis=1) / 1e9)
    middle, slow = (None, None) if kind == "process" else np.percentile(steps, [50, 95]) / 1e6
    values = {
        "fps": float(np.median(rates)),
        "p50_ms": None if middle is None else float(middle),
        "p95_ms": None if slow is None else float(slow),
        "memory_MB": None if None in peaks else max(peaks) / 1e6,
    }
    return {
        "columns": [column.describe() for column in COLUMNS],
        "values": values,
        "fps_range": [float(rates.min()), float(rates.max())],
        "frames": frames,
        "repeats": repeats,
        "machine": timings[0]["machine"],
        "timed": {"name": kind, "label": label, "meaning": meaning},
    }


def _check_alike(timings: Many[dict[str, Any]]) -> tuple[int, str]:
    """Return the number of repeats, and what was timed."""
    repeats = {len(timing["step_ns"]) for timing in timings}
    if len(repeats) != 1:
        raise ValueError(f"timings of equally many repeats expected, found {sorted(repeats)}")
    machines = {tuple(sorted(timing["machine"].items())) for timing in timings}
    if len(machines) != 1:
        raise ValueError(f"timings of one machine expected, found {len(machines)} machines")
    kinds = {timing["timed"] for timing in timings}
    if len(kinds) != 1 or not kinds <= TIMED.keys():
        raise ValueError(f"one of {sorted(TIMED)} expected to be timed, found {sorted(kinds)}")
    return repeats.pop(), kinds.pop()


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timings", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    write_json(given.output, summarize_timings([read_json(path) for path in given.timings]))


if __name__ == "__main__":
    main()
