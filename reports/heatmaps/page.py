"""The heat maps of a run for the page: truth and still of each sequence once, then each variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datasets.files import read_json

_SCENE = ("width", "height", "frame_rate", "rows", "columns", "frames", "still", "truth")


def page_part(runs: Iterable[Mapping[str, Any]], room: Path) -> dict[str, Any]:
    """Return by data set what `results/<variant>/<dataset>/heatmap.json` hold together.

    A file counts only if it is not older than the tracks and the truth it was made from. Of a data
    set: mode, half_life_s, kernel, classes, and `sequences`: by name its scene and truth, and
    `variants`, by name, each with the maps and the agreement. None where there is no file.

    Args:
        runs: Entries of the plan; those of one data set are shown as one.
        room: Folder the workflow ran in.
    """
    parts: dict[str, Any] = {}
    for run in runs:
        dataset = run["dataset"]
        part = parts.setdefault(dataset, None)
        for card in run["variants"]:
            found = _read(room, run, card["name"])
            if found is not None:
                part = part or _empty(found)
                _put(part, card["name"], found)
        parts[dataset] = part
    return parts


def _read(room: Path, run: Mapping[str, Any], variant: str) -> Any:
    path = room / "results" / variant / run["dataset"] / "heatmap.json"
    made_from = [
        file
        for sequence in run["sequences"]
        for file in (
            path.parent / sequence / "tracks.parquet",
            room / "data" / run["dataset"] / sequence / "truth.parquet",
        )
    ]
    if not path.is_file() or not all(file.is_file() for file in made_from):
        return None
    if any(file.stat().st_mtime > path.stat().st_mtime for file in made_from):
        return None
    return read_json(path)


def _empty(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a data set, of any of its files, without variants."""
    settings = {key: content[key] for key in ("mode", "half_life_s", "kernel", "classes")}
    scenes = {
        name: {**{key: sequence[key] for key in _SCENE}, "variants": {}}
        for name, sequence in content["sequences"].items()
    }
    return {**settings, "sequences": scenes}


def _put(part: Mapping[str, Any], variant: str, content: Mapping[str, Any]) -> None:
    for name, sequence in content["sequences"].items():
        part["sequences"][name]["variants"][variant] = {
            **sequence["prediction"],
            "agreement": sequence["agreement"],
        }
