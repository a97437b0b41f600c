"""Read single timed steps, and the number of objects in the output for each."""

from __future__ import annotations

from collections.abc import Sequence as Many
from pathlib import Path

import numpy as np

from datasets.formats.parquet import read_tracks
from datasets.io.files import read_json
from datasets.run_layout import TRACKS

_PLACES = {"decode": 0, "rest": 2, "pack": 3}  # sort keys; stages that a tracker names are 1


def read_steps(timings: Many[Path]) -> dict[str, list[list[int]]]:
    """Return the step times in nanoseconds, (passes, frames), by sequence, from timing.json files.

    Sequences that were not timed frame by frame are left out.
    """
    found = {path.parent.name: read_json(path) for path in timings}
    return {name: each["step_ns"] for name, each in found.items() if each["timed"] != "process"}


def read_warm_up(timings: Many[Path]) -> dict[str, list[int]]:
    """Return the warm-up step times in nanoseconds by sequence; empty where not recorded."""
    found = {path.parent.name: read_json(path) for path in timings}
    return {name: each.get("warm_up_ns", []) for name, each in found.items()}


def mean_stages(timings: Many[Path]) -> dict[str, float]:
    """Return the mean time per frame in ms by stage, in order; empty if none was recorded.

    `decode` and `pack` (encoding masks as RLE) are outside the timed step; `rest` is the part of
    the step that belongs to no other stage.
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
    """Return the number of objects in the output for each timed frame, by sequence.

    Args:
        timings: timing.json files, with tracks.parquet in the same folder.
    """
    counts = {}
    for path in timings:
        frames = read_json(path)["frames"]
        rows = read_tracks(path.with_name(TRACKS)).frame
        counts[path.parent.name] = np.bincount(rows, minlength=frames)[:frames].tolist()
    return counts
