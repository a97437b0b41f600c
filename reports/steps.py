"""Single timed steps, and how many objects each of them answered with."""

from __future__ import annotations

from collections.abc import Sequence as Many
from pathlib import Path

import numpy as np

from datasets.formats.parquet import read_tracks
from datasets.io.files import read_json
from datasets.run_layout import TRACKS

_PLACES = {"decode": 0, "rest": 2, "pack": 3}  # of stages around those that a tracker names


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
    """Return by stage its mean time a frame in ms, in order; nothing where none was recorded.

    `decode` and `pack`, the making of run lengths, are outside the clock and not part of the step;
    `rest` is what of the step is in no stage.
    """
    found = [content for path in timings if (content := read_json(path)).get("stage_ns")]
    frames = sum(len(each["end_to_end_ns"]) for each in found)
    names = dict.fromkeys(name for each in found for name in each["stage_ns"])
    order = sorted(names, key=lambda name: _PLACES.get(name, 1))
    return {
        name: sum(sum(each["stage_ns"].get(name, [])) for each in found) / frames / 1e6
        for name in order
    }


def count_objects(timings: Many[Path]) -> dict[str, list[int]]:
    """Return by sequence how many objects each timed frame has in the answer.

    Args:
        timings: Files timing.json, with tracks.parquet beside them.
    """
    counts = {}
    for path in timings:
        frames = read_json(path)["frames"]
        rows = read_tracks(path.with_name(TRACKS)).frame
        counts[path.parent.name] = np.bincount(rows, minlength=frames)[:frames].tolist()
    return counts
