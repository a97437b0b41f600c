"""Collect heat maps for the page: ground truth and still once per sequence, then each variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datasets.io.files import is_up_to_date, read_json
from datasets.run_layout import HEATMAP, TRACKS, TRUTH, RunLayout
from reports.results import Run

_SEQUENCE_KEYS = ("width", "height", "frame_rate", "rows", "columns", "frames", "still", "truth")


def page_part(runs: Iterable[Run], workdir: Path) -> dict[str, Any]:
    """Return the merged `results/<variant>/<dataset>/heatmap.json` files, by data set.

    A file is used only if it is newer than its tracks and ground truth, see `is_up_to_date`. The
    entry of a data set has mode, half_life_s, kernel, classes and `sequences`: by name the still,
    sizes, ground truth and `variants`, by name, with maps and agreement. None without any file.

    Args:
        runs: Runs to collect; those on one data set are merged.
        workdir: Working directory of the workflow.
    """
    parts: dict[str, Any] = {}
    for run in runs:
        dataset = run.plan["dataset"]
        part = parts.setdefault(dataset, None)
        for entry in run.plan["variants"]:
            found = _read(workdir, run, entry["name"])
            if found is not None:
                part = part or _without_variants(found)
                _add_variant(part, entry["name"], found)
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
    return read_json(path) if is_up_to_date(path, made_from, finished=run.finished) else None


def _without_variants(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a data set from any of its files, without variants."""
    settings = {key: content[key] for key in ("mode", "half_life_s", "kernel", "classes")}
    sequences = {
        name: {**{key: sequence[key] for key in _SEQUENCE_KEYS}, "variants": {}}
        for name, sequence in content["sequences"].items()
    }
    return {**settings, "sequences": sequences}


def _add_variant(part: Mapping[str, Any], variant: str, content: Mapping[str, Any]) -> None:
    for name, sequence in content["sequences"].items():
        part["sequences"][name]["variants"][variant] = {
            **sequence["prediction"],
            "agreement": sequence["agreement"],
        }
