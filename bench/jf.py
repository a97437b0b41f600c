"""Scoring J&F against TrackEval, from mask files to numbers, on one core.

    python -m bench.jf --truth davis2017/dogs-jump/masks --results davis2017/dogs-jump/results/osvos
        --output bench/jf.json

Both read the same PNG files and compute J&F of TrackEval's kind. The truth is first resized to the
size of the results, nearest pixel, where they differ. Imports are not timed, the tools take turns,
the median of the repeats counts, and the two answers are compared before anything is reported.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

from datasets.files import write_json
from trackers.machine import describe_machine

_FIELDS = ("J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")
_TOLERANCE = 1e-9
_SEQUENCE = "sequence"

Scores = dict[str, float]


@dataclass(frozen=True)
class Run:
    """What one tool said, and how many seconds it took in all and for J&F alone."""

    values: Scores
    seconds: dict[str, float]


def timed(values: Scores, begin: float, ready: float) -> Run:
    """Return the run that began to read, had everything in memory, and ends now."""
    end = perf_counter()
    return Run(values, {"files to numbers": end - begin, "J&F alone": end - ready})


def ours(room: Path) -> Run:
    """Return our values and times."""
    from datasets.layouts import davis
    from metrics.family import load_family
    from metrics.score import make_pairings

    begin = perf_counter()
    sides = davis.read_pair(room / "truth", room / "results" / "it" / "data", _SEQUENCE)
    (pairing,) = make_pairings(*sides, "davis").values()
    ready = perf_counter()
    family = load_family("jf_te")
    return timed(family.summarize(family.evaluate(pairing)), begin, ready)


def theirs(room: Path) -> Run:
    """Return TrackEval's values and times."""
    import trackeval

    folders = {"GT_FOLDER": str(room / "truth"), "TRACKERS_FOLDER": str(room / "results")}
    begin = perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.DAVIS(folders | {"PRINT_CONFIG": False})
        raw = dataset.get_raw_seq_data("it", _SEQUENCE)
        data = dataset.get_preprocessed_seq_data(raw, "general")
        ready = perf_counter()
        values = trackeval.metrics.JAndF().eval_sequence(data)
    return timed({name: float(values[name]) for name in _FIELDS}, begin, ready)


def lay_out(truth: Path, results: Path, room: Path) -> int:
    """Put both where the tools look for them and return the number of frames."""
    from PIL import Image

    (room / "truth" / _SEQUENCE).mkdir(parents=True)
    (room / "results" / "it" / "data").mkdir(parents=True)
    (room / "results" / "it" / "data" / _SEQUENCE).symlink_to(results.resolve())
    paths = sorted(truth.glob("*.png"))
    for path in paths:
        with Image.open(path) as image, Image.open(results / path.name) as other:
            resized = image.resize(other.size, Image.Resampling.NEAREST)
            resized.save(room / "truth" / _SEQUENCE / path.name)
    return len(paths)


def stand_in_for_scikit_image() -> None:
    """Give TrackEval the one function it wants of scikit-image, which need not be installed."""
    import numpy as np

    def disk(radius: float) -> Any:
        line = np.arange(-radius, radius + 1)
        return (line**2 + line[:, None] ** 2 <= radius**2).astype(np.uint8)

    morphology = ModuleType("skimage.morphology")
    morphology.__dict__["disk"] = disk
    sys.modules["skimage"] = ModuleType("skimage")
    sys.modules["skimage.morphology"] = morphology


def compare(room: Path, frames: int, given: argparse.Namespace) -> None:
    """Run both tools, print the table and write the JSON."""
    tools: dict[str, Callable[[Path], Run]] = {"ours": ours, "trackeval": theirs}
    found: dict[str, list[Run]] = {name: [] for name in tools}
    for _ in range(given.repeats + 1):
        for name, tool in tools.items():
            found[name].append(tool(room))
    for name in _FIELDS:
        one, other = (found[tool][0].values[name] for tool in tools)
        if not abs(one - other) <= _TOLERANCE:
            raise ValueError(f"{name}: {one!r} here, {other!r} in TrackEval")
    seconds = {  # without the first repeat, which fills caches
        kind: {name: median(run.seconds[kind] for run in found[name][1:]) for name in tools}
        for kind in found["ours"][0].seconds
    }
    ratio = {kind: each["trackeval"] / each["ours"] for kind, each in seconds.items()}
    for kind, each in seconds.items():
        print(
            f"{kind:17} {each['ours']:7.3f} s, TrackEval {each['trackeval']:7.3f} s: "
            f"{ratio[kind]:.1f} times as long"
        )
    content = {
        "what": "J&F as TrackEval has it, one core",
        "date": str(date.today()),
        "frames": frames,
        "ratio": ratio,
        "median_seconds": seconds,
        "machine": describe_machine(),
    }
    write_json(given.output, content)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="folder of PNG files")
    parser.add_argument("--results", type=Path, required=True, help="folder of PNG files")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    stand_in_for_scikit_image()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), lay_out(given.truth, given.results, Path(folder)), given)


if __name__ == "__main__":
    main()
