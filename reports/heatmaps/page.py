"""The heat maps of a run for the page: truth and still of each sequence once, then each variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datasets.io.files import is_made, read_json
from datasets.run_layout import HEATMAP, TRACKS, TRUTH, RunLayout
from reports.results import Run

_SCENE = ("width", "height", "frame_rate", "rows", "columns", "frames", "still", "truth")


def page_part(runs: Iterable[Run], workdir: Path) -> dict[str, Any]:
    """Return by data set what `results/<variant>/<dataset>/heatmap.json` hold together.

    A file counts only if it is of the tracks and the truth there are, see `is_made`. Of a data set:
    mode, half_life_s, kernel, classes, and `sequences`: by name its scene and truth, and
    `variants`, by name, each with the maps and the agreement. None where there is no file.

    Args:
        runs: Those of one data set are shown as one.
        workdir: Folder the workflow ran in.
    """
    parts: dict[str, Any] = {}
    for run in runs:
        dataset = run.plan["dataset"]
        part = parts.setdefault(dataset, None)
        for card in run.plan["variants"]:
            found = _read(workdir, run, card["name"])
            if found is not None:
                part = part or _empty(found)
                _put(part, card["name"], found)
        parts[dataset] = part
    return parts


def _read(workdir: Path, run: Run, variant: str) -> Any:
    plan = run.plan
    layout, dataset = RunLayout(workdir), plan["dataset"]
    path = layout.dataset(variant, dataset, HEATMAP)
    made_from = [
        file
        for sequence in plan["sequences"]
        for file in (
            layout.sequence(variant, dataset, sequence, TRACKS),
            layout.prepared(dataset, sequence, TRUTH),
        )
    ]
    return read_json(path) if is_made(path, made_from, finished=run.finished) else None


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
