"""Single timed steps, and how many objects each of them answered with."""

from __future__ import annotations

from collections.abc import Sequence as Many
from pathlib import Path

import numpy as np

from datasets.files import read_json
from datasets.parquet import read_tracks


def read_steps(timings: Many[Path]) -> dict[str, list[list[int]]]:
    """Return by sequence the nanoseconds of each step, (passes, frames), of timing.json files.

    Nothing of those in which something else than single frames was timed.
    """
    found = {path.parent.name: read_json(path) for path in timings}
    return {name: each["step_ns"] for name, each in found.items() if each["timed"] != "process"}


def read_warm_up(timings: Many[Path]) -> dict[str, list[int]]:
    """Return by sequence the nanoseconds of each step before the timed ones, where told."""
    found = {path.parent.name: read_json(path) for path in timings}
    return {name: each.get("warm_up_ns", []) for name, each in found.items()}


def mean_stages(timings: Many[Path]) -> dict[str, float]:
    """Return by stage its mean time a frame in ms; nothing where single frames were not timed.

    Decoding and the encoding of masks are outside the clock and not part of the step.
    """
    found = [content for path in timings if (content := read_json(path))["timed"] == "step"]
    stages = ("decode", "step", "encode")
    known = [stage for stage in stages if found and all(f"{stage}_ns" in each for each in found)]
    return {
        stage: float(np.mean(np.concatenate([np.ravel(each[f"{stage}_ns"]) for each in found])))
        / 1e6
        for stage in known
    }


def count_objects(timings: Many[Path]) -> dict[str, list[int]]:
    """Return by sequence how many objects each timed frame has in the answer.

    Args:
        timings: Files timing.json, with tracks.parquet beside them.
    """
    counts = {}
    for path in timings:
        frames = read_json(path)["frames"]
        rows = read_tracks(path.with_name("tracks.parquet")).frame
        counts[path.parent.name] = np.bincount(rows, minlength=frames)[:frames].tolist()
    return counts
