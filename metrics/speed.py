"""How fast a variant is: every timing.json of a data set → speed.json.

python -m metrics.speed --timings a/timing.json b/timing.json --output speed.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import read_json, write_json
from datasets.io.program import run_main
from metrics.family import Column
from metrics.timing_warnings import doubts

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
    Column("p90_ms", "ms", "down", "90th percentile of the time of a step, from 64 steps on"),
    Column("p95_ms", "ms", "down", "95th percentile of the time of a step, from 130 steps on"),
    Column("p99_ms", "ms", "down", "99th percentile of the time of a step, from 662 steps on"),
    Column("frame_ms", "ms", "down", "Time of a step without any object, by the fitted line"),
    Column("object_ms", "ms", "down", "What each object adds to a step, by the fitted line"),
    Column(
        "offline_fps",
        "fps",
        "up",
        "Frames over the time of whole passes, decoding ahead, run lengths made; median",
    ),
    Column(
        "memory_MB", "MB", "down", "Most resident memory of the process, decoded frames left out"
    ),
    Column("memory_slope", "MB", "down", "Growth of resident memory in 1,000 frames"),
    Column("gpu_memory_MB", "MB", "down", "Most memory of the process on the GPU"),
    Column("gpu_memory_slope", "MB", "down", "Growth of its memory on the GPU in 1,000 frames"),
    Column("device_ms", "ms", "down", "Median time of a step by the GPU's own clock"),
    Column("energy_J", "J", "down", "Energy of the GPU in a frame, its idle power included"),
)
# Steps from which a percentile is told: of so many, with 99 % confidence, more than one lies above
# it, P(Binomial(n, 1 - p) <= 1) <= 1 %.
FEWEST = {"p50_ms": 11, "p90_ms": 64, "p95_ms": 130, "p99_ms": 662}
_TWO = 2  # numbers of objects that a line needs
_PERCENT = {"p50_ms": 50, "p90_ms": 90, "p95_ms": 95, "p99_ms": 99}


def summarize_timings(timings: Many[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns, their values and what they rest on.

    The percentiles are over all frames of all repeats, where frames were timed one by one, and only
    from FEWEST of them on. Frames per second are the frames of all sequences over the sum of their
    steps; `fps_range` is the slowest and the fastest repeat. `doubts` says in words what speaks
    against the numbers, see `metrics.timing_warnings`.

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
    found: dict[str, float | None] = {
        "fps": float(np.median(rates)),
        "memory_MB": None if None in peaks else max(peaks) / 1e6,
        "memory_slope": _growth(timings, "memory"),
        "gpu_memory_MB": _most(timings, "gpu_memory"),
        "gpu_memory_slope": _growth(timings, "gpu_memory"),
        "device_ms": _device(timings),
        "energy_J": _energy(timings),
        "offline_fps": _offline(timings),
        **_percentiles(steps if kind != "process" else steps[:, :0]),
        **_line(timings),
    }
    return {
        "columns": [column.describe() for column in COLUMNS],
        "values": {column.name: found[column.name] for column in COLUMNS},
        "fps_range": [float(rates.min()), float(rates.max())],
        "frames": frames,
        "repeats": repeats,
        "machine": timings[0]["machine"],
        "timed": {"name": kind, "label": label, "meaning": meaning},
        "doubts": [
            vars(doubt) for doubt in dict.fromkeys(d for each in timings for d in doubts(each))
        ],
    }


def _percentiles(steps: np.ndarray) -> dict[str, float | None]:
    return {
        name: float(np.percentile(steps, share) / 1e6) if steps.size >= FEWEST[name] else None
        for name, share in _PERCENT.items()
    }


def _line(timings: Many[dict[str, Any]]) -> dict[str, float | None]:
    """Return the line of least squares through all steps against the objects in their answers."""
    known = [timing for timing in timings if timing.get("objects")]
    passes = [(timing["objects"], each) for timing in known for each in timing["step_ns"]]
    objects = np.array([n for counts, _ in passes for n in counts], float)
    if len(np.unique(objects)) < _TWO:
        return {"frame_ms": None, "object_ms": None}
    steps = np.array([step for _, each in passes for step in each], float)
    slope, start = np.polyfit(objects, steps / 1e6, 1)
    return {"frame_ms": float(start), "object_ms": float(slope)}


def _growth(timings: Many[dict[str, Any]], name: str) -> float | None:
    """Return the MB by which memory grows in 1,000 frames, of the sequence in which it does most.

    By the line of least squares through all timed passes but the first, in which it settles.
    """
    slopes = []
    for timing in timings:
        held = np.ravel(timing[name][1:]) if timing.get(name) else np.zeros(0)
        if held.size < FEWEST["p90_ms"] or None in held:
            return None
        slopes.append(np.polyfit(np.arange(held.size), held.astype(float) / 1e6, 1)[0] * 1e3)
    return float(max(slopes))


def _most(timings: Many[dict[str, Any]], name: str) -> float | None:
    """Return the most MB of all frames, None where one is not known."""
    if not all(timing.get(name) for timing in timings):
        return None
    held = np.concatenate([np.ravel(timing[name]) for timing in timings])
    return None if None in held else float(max(held)) / 1e6


def _device(timings: Many[dict[str, Any]]) -> float | None:
    """Return the median step by the GPU's clock, None where there is none."""
    if not all(timing.get("device_ns") for timing in timings):
        return None
    steps = np.concatenate([np.ravel(timing["device_ns"]) for timing in timings])
    return None if None in steps else float(np.median(steps.astype(float))) / 1e6


def _energy(timings: Many[dict[str, Any]]) -> float | None:
    """Return the joules of a frame, None where nobody counted them."""
    spent = [each for timing in timings for each in timing.get("energy_mj") or [None]]
    frames = sum(timing["frames"] * len(timing["step_ns"]) for timing in timings)
    return None if None in spent else sum(spent) / 1e3 / frames


def _offline(timings: Many[dict[str, Any]]) -> float | None:
    walls = [timing.get("offline_ns") for timing in timings]
    if None in walls:
        return None
    frames = sum(timing["frames"] for timing in timings)
    return float(np.median(frames / (np.sum(np.array(walls, float), axis=0) / 1e9)))


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
    args = parser.parse_args()
    write_json(args.output, summarize_timings([read_json(path) for path in args.timings]))


if __name__ == "__main__":
    sys.exit(run_main(main))
