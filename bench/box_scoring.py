"""Scoring boxes against TrackEval, from files to numbers, on one core.

    python -m bench.box_scoring --truth MOT17/train --results lif_t --output bench/box_scoring.json

Both read the same MOTChallenge files, preprocess for MOT17 and compute HOTA, CLEAR and Identity per
sequence and combined. Each tool runs in its own process; imports are not timed; the median of the
repeats counts. The two answers are compared before anything is reported.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from datasets.files import write_json
from metrics.evaluate import Task, evaluate
from trackers.machine import describe_machine

_FAMILIES = ("hota", "clear", "identity")
_COMPARED = ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDSW", "Frag", "MT", "IDF1", "IDTP")
_TOLERANCE = 1e-9

Scores = dict[str, float]


def ours(truth: Path, results: Path) -> Scores:
    """Return our combined values."""
    names = tuple(sorted(path.stem for path in results.glob("*.txt")))
    found = evaluate(Task("mot17", "mot16", truth, results, _FAMILIES, names), jobs=1)
    combined: Scores = found["classes"]["pedestrian"]["combined"]
    return combined


def theirs(truth: Path, results: Path) -> Scores:
    """Return TrackEval's combined values."""
    import numpy as np
    import trackeval

    names = sorted(path.stem for path in results.glob("*.txt"))
    config = {
        "GT_FOLDER": str(truth),
        "TRACKERS_FOLDER": str(results.parent),
        "TRACKERS_TO_EVAL": [results.name],
        "TRACKER_SUB_FOLDER": "",
        "SEQ_INFO": dict.fromkeys(names),
        "SKIP_SPLIT_FOL": True,
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.MotChallenge2DBox(config)
        kinds = trackeval.metrics
        families = [kinds.HOTA(), kinds.CLEAR(), kinds.Identity()]
        scores: list[dict[str, dict[str, float]]] = [{} for _ in families]
        for name in names:
            raw = dataset.get_raw_seq_data(results.name, name)
            data = dataset.get_preprocessed_seq_data(raw, "pedestrian")
            for family, into in zip(families, scores, strict=True):
                into[name] = family.eval_sequence(data)
    combined: Scores = {}
    for family, into in zip(families, scores, strict=True):
        total = family.combine_sequences(into)
        combined |= {field: float(np.mean(value)) for field, value in total.items()}
    return combined


def measure(score: Callable[[Path, Path], Scores], given: argparse.Namespace) -> None:
    """Print the values and the time of each repeat as JSON."""
    score(given.truth, given.results)  # imports and caches
    seconds = []
    for _ in range(given.repeats):
        begin = perf_counter()
        values = score(given.truth, given.results)
        seconds.append(perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"values": values, "seconds": seconds, "peak_mib": peak}))


def compare(given: argparse.Namespace) -> None:
    """Run both tools, print the table and write the JSON."""
    found = {tool: _run(tool, given) for tool in ("ours", "trackeval")}
    for name in _COMPARED:
        one, other = (found[tool]["values"][name] for tool in found)
        if not abs(one - other) <= _TOLERANCE:
            raise ValueError(f"{name}: {one!r} here, {other!r} in TrackEval")
    seconds = {tool: median(each["seconds"]) for tool, each in found.items()}
    ratio = seconds["trackeval"] / seconds["ours"]
    content = {
        "what": "HOTA, CLEAR and Identity with MOT17 preprocessing, files to numbers, one core",
        "date": str(date.today()),
        "sequences": len(list(given.results.glob("*.txt"))),
        "ratio": ratio,
        "median_seconds": seconds,
        "seconds": {tool: each["seconds"] for tool, each in found.items()},
        "peak_mib": {tool: each["peak_mib"] for tool, each in found.items()},
        "machine": describe_machine(),
    }
    for tool in found:
        print(f"{tool:10} {seconds[tool]:7.3f} s {found[tool]['peak_mib']:7.0f} MiB")
    print(f"TrackEval takes {ratio:.1f} times as long; all compared values are equal")
    write_json(given.output, content)


def _run(tool: str, given: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.box_scoring", "--tool", tool]
    command += ["--truth", str(given.truth), "--results", str(given.results)]
    command += ["--repeats", str(given.repeats), "--output", str(given.output)]
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(
        command,
        env=os.environ | dict.fromkeys(threads, "1"),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tool", choices=("ours", "trackeval"), help="run one of the two only")
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if given.tool is None:
        compare(given)
    else:
        measure(ours if given.tool == "ours" else theirs, given)


if __name__ == "__main__":
    main()
