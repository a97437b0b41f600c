"""Summarize the speed of a variant: every timing.json of a data set → speed.json.

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
from metrics.timing_warnings import find_timing_warnings

TIMED = {  # by the value of `timed` in timing.json: label, empty for the step, and meaning
    "step": ("", "Each step of the tracker, after warm-up, alone on the machine"),
    "elements": (
        "elements of a pipeline",
        "Time that detector and tracker, elements of a pipeline, work on each frame, without the "
        "time it waits for earlier frames; several elements may work at once",
    ),
    "process": (
        "whole process",
        "The whole program from start to end, including loading, reading and writing",
    ),
}
COLUMNS = (
    Column("fps", "fps", "up", "Frames per second of step time, median over repeats"),
    Column("p50_ms", "ms", "down", "Median step time"),
    Column("p90_ms", "ms", "down", "90th percentile of the step time, from 64 steps on"),
    Column("p95_ms", "ms", "down", "95th percentile of the step time, from 130 steps on"),
    Column("p99_ms", "ms", "down", "99th percentile of the step time, from 662 steps on"),
    Column("frame_ms", "ms", "down", "Step time of a frame without objects, by linear fit"),
    Column("object_ms", "ms", "down", "Additional step time per object, by linear fit"),
    Column(
        "offline_fps",
        "fps",
        "up",
        "Frames per second of whole passes with prefetched decoding and mask encoding, median",
    ),
    Column("memory_MB", "MB", "down", "Peak resident memory of the process without decoded frames"),
    Column("memory_slope", "MB", "down", "Growth of resident memory per 1,000 frames"),
    Column("gpu_memory_MB", "MB", "down", "Peak GPU memory of the process"),
    Column("gpu_memory_slope", "MB", "down", "Growth of GPU memory per 1,000 frames"),
    Column("device_ms", "ms", "down", "Median step time by the GPU's clock"),
    Column("energy_J", "J", "down", "GPU energy per frame, including idle power"),
)
# Minimum number of steps for a percentile to be reported: with 99 % confidence more than one step
# lies above it, P(Binomial(n, 1 - p) <= 1) <= 1 %.
MIN_STEPS = {"p50_ms": 11, "p90_ms": 64, "p95_ms": 130, "p99_ms": 662}
_MIN_OBJECT_COUNTS = 2  # different numbers of objects that a linear fit needs
_PERCENT = {"p50_ms": 50, "p90_ms": 90, "p95_ms": 95, "p99_ms": 99}


def summarize_timings(timings: Many[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of speed.json: the columns, their values and how they were measured.

    Percentiles are over all frames of all repeats, if frames were timed individually, and need at
    least MIN_STEPS steps. Frames per second are the frames of all sequences over the sum of their
    step times; `fps_range` is the slowest and the fastest repeat. `timing_warnings` is described in
    the module of that name.

    Raises:
        ValueError: The sequences differ in the number of repeats, in what was timed, or in the
            machine.
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
        "gpu_memory_MB": _peak(timings, "gpu_memory"),
        "gpu_memory_slope": _growth(timings, "gpu_memory"),
        "device_ms": _device_time(timings),
        "energy_J": _energy(timings),
        "offline_fps": _offline_rate(timings),
        **_percentiles(steps if kind != "process" else steps[:, :0]),
        **_linear_fit(timings),
    }
    return {
        "columns": [column.describe() for column in COLUMNS],
        "values": {column.name: found[column.name] for column in COLUMNS},
        "fps_range": [float(rates.min()), float(rates.max())],
        "frames": frames,
        "repeats": repeats,
        "machine": timings[0]["machine"],
        "timed": {"name": kind, "label": label, "meaning": meaning},
        "timing_warnings": [
            vars(warning)
            for warning in dict.fromkeys(d for each in timings for d in find_timing_warnings(each))
        ],
    }


def _percentiles(steps: np.ndarray) -> dict[str, float | None]:
    return {
        name: float(np.percentile(steps, share) / 1e6) if steps.size >= MIN_STEPS[name] else None
        for name, share in _PERCENT.items()
    }


def _linear_fit(timings: Many[dict[str, Any]]) -> dict[str, float | None]:
    """Return the least-squares line of step time against the number of objects in the output."""
    known = [timing for timing in timings if timing.get("objects")]
    passes = [(timing["objects"], each) for timing in known for each in timing["step_ns"]]
    objects = np.array([n for counts, _ in passes for n in counts], float)
    if len(np.unique(objects)) < _MIN_OBJECT_COUNTS:
        return {"frame_ms": None, "object_ms": None}
    steps = np.array([step for _, each in passes for step in each], float)
    slope, start = np.polyfit(objects, steps / 1e6, 1)
    return {"frame_ms": float(start), "object_ms": float(slope)}


def _growth(timings: Many[dict[str, Any]], name: str) -> float | None:
    """Return the growth of memory in MB per 1,000 frames, the maximum over sequences.

    It is the slope of the least-squares line through all timed passes except the first, in which
    memory use settles.
    """
    slopes = []
    for timing in timings:
        held = np.ravel(timing[name][1:]) if timing.get(name) else np.zeros(0)
        if held.size < MIN_STEPS["p90_ms"] or None in held:
            return None
        slopes.append(np.polyfit(np.arange(held.size), held.astype(float) / 1e6, 1)[0] * 1e3)
    return float(max(slopes))


def _peak(timings: Many[dict[str, Any]], name: str) -> float | None:
    """Return the maximum in MB over all frames, None if any value is unknown."""
    if not all(timing.get(name) for timing in timings):
        return None
    held = np.concatenate([np.ravel(timing[name]) for timing in timings])
    return None if None in held else float(max(held)) / 1e6


def _device_time(timings: Many[dict[str, Any]]) -> float | None:
    """Return the median step time by the GPU's clock in ms, None if it was not measured."""
    if not all(timing.get("device_ns") for timing in timings):
        return None
    steps = np.concatenate([np.ravel(timing["device_ns"]) for timing in timings])
    return None if None in steps else float(np.median(steps.astype(float))) / 1e6


def _energy(timings: Many[dict[str, Any]]) -> float | None:
    """Return the energy per frame in joules, None if it was not measured."""
    spent = [each for timing in timings for each in timing.get("energy_mj") or [None]]
    frames = sum(timing["frames"] * len(timing["step_ns"]) for timing in timings)
    return None if None in spent else sum(spent) / 1e3 / frames


def _offline_rate(timings: Many[dict[str, Any]]) -> float | None:
    walls = [timing.get("offline_ns") for timing in timings]
    if None in walls:
        return None
    frames = sum(timing["frames"] for timing in timings)
    return float(np.median(frames / (np.sum(np.array(walls, float), axis=0) / 1e9)))


def _check_alike(timings: Many[dict[str, Any]]) -> tuple[int, str]:
    """Return the number of repeats, and what was timed (a key of TIMED)."""
    repeats = {len(timing["step_ns"]) for timing in timings}
    if len(repeats) != 1:
        raise ValueError(
            f"timings: expected the same number of repeats for all, found {sorted(repeats)}"
        )
    machines = {tuple(sorted(timing["machine"].items())) for timing in timings}
    if len(machines) != 1:
        raise ValueError(f"timings: expected one machine, found {len(machines)}")
    kinds = {timing["timed"] for timing in timings}
    if len(kinds) != 1 or not kinds <= TIMED.keys():
        raise ValueError(
            f"timings: timed: expected the same one of {sorted(TIMED)} for all, found "
            f"{sorted(kinds)}"
        )
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
