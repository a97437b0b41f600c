"""Build the data for the scripts of the page: the content of all runs as JSON types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import numpy as np

from reports.gallery.page_part import page_parts as gallery_parts
from reports.heatmaps.page import page_part as heatmaps_part
from reports.page import table
from reports.page.history import History, read_history
from reports.page.history import page_part as trend_part
from reports.page.step_times import by_objects, in_ms
from reports.results import Run, Variant
from reports.timeline import ERRORS, Timeline

# families whose partial results list every box, and the prefix of their columns
_LARGE = {"coco_box_ap": "box ", "coco_mask_ap": "mask "}


def page_data(plan: Mapping[str, Any], runs: Many[Run], workdir: Path) -> dict[str, Any]:
    """Return the data of the page, with `runs` in the order of the plan.

    Args:
        workdir: Working directory of the workflow.
    """
    galleries = gallery_parts(runs, workdir)
    history = read_history(workdir / plan["history"]) if plan.get("history") else History([], 0)
    return {
        "clock": plan["clock"],
        "runs": [
            {**_run_data(run), "gallery": gallery, "trend": trend_part(history, _gate_names(run))}
            for run, gallery in zip(runs, galleries, strict=True)
        ],
        "heatmaps": heatmaps_part(runs, workdir),
    }


def run_id(run: Run) -> str:
    """Return the id of a run in the URL of the page."""
    return f"{run.plan['dataset']}-{run.plan['protocol']}"


def _gate_names(run: Run) -> tuple[str, str]:
    """Return the gate's name of a run, and its name for the relative step times of the run."""
    return f"{run.plan['dataset']}/{run.plan['protocol']}", run.plan["dataset"]


def _run_data(run: Run) -> dict[str, Any]:
    leading = table.leading(run)
    headline = table.headline(run)
    scored = {column["name"] for column in run.columns}
    extents = {name: prepared["extent"] for name, prepared in run.files.items()}
    rates = {prepared["frame_rate"] for prepared in run.files.values()}
    return {
        "id": run_id(run),
        "dataset": run.plan["dataset"],
        "protocol": run.plan["protocol"],
        "title": run.plan["title"],
        "heading": f"{run.plan['title']}: {'boxes' if run.similarity == 'box' else 'masks'}",
        "similarity": run.similarity,
        "sequences": list(run.plan["sequences"]),
        "frames": {name: extent["frame_count"] for name, extent in extents.items()},
        "frame_rate": rates.pop() if len(rates) == 1 else None,
        "columns": run.columns,
        "speed_columns": table.speed_columns(run),
        "speed_headline": [each["name"] for each in table.headline_speed(run)],
        "headline": [each["name"] for each in headline.columns if each["name"] in scored],
        "leading": leading["name"] if leading else None,
        "classes": run.classes,
        "variants": _variants(run),
        "missing_results": {each.variant: each.job for each in reversed(run.missing_results)},
        "totals": {each.entry["name"]: each.total for each in run.variants},
        "comparison": _comparison(run, [each["name"] for each in headline.columns]),
        "partials": {each.entry["name"]: _partials(each) for each in run.variants},
        "large": {each.entry["name"]: _large(each) for each in run.variants},
        "speed": {each.entry["name"]: _speed(each) for each in run.variants if each.speed},
        "timings": {each.entry["name"]: _timings(each) for each in run.variants if each.timings},
        "late": {each.entry["name"]: _streaming(each) for each in run.variants if each.streaming},
        "by_objects": {
            each.entry["name"]: found
            for each in run.variants
            if (found := by_objects(each)) is not None
        },
        "stages": {each.entry["name"]: each.stages for each in run.variants if each.stages},
        "timelines": {
            each.entry["name"]: {name: _timeline(line) for name, line in each.timelines.items()}
            for each in run.variants
        },
    }


def _variants(run: Run) -> list[dict[str, str]]:
    """Return name, title and source; variants with the same title get their name added."""
    entries = [variant.entry for variant in run.variants]
    title_counts = Counter(entry["title"] for entry in entries)
    return [
        {
            "name": entry["name"],
            "title": entry["title"]
            if title_counts[entry["title"]] == 1
            else f"{entry['title']} ({entry['name']})",
            "source": entry["source"],
        }
        for entry in entries
    ]


def _partials(variant: Variant) -> dict[str, Any]:
    return {
        sequence: {
            name: {family: each for family, each in families.items() if family not in _LARGE}
            for name, families in classes.items()
        }
        for sequence, classes in variant.partials.items()
    }


def _large(variant: Variant) -> dict[str, Any]:
    """Return the values of the families whose partial results are left out, by sequence."""
    prefixes = tuple(_LARGE.values())
    return {
        sequence: {name: value for name, value in values.items() if name.startswith(prefixes)}
        for sequence, values in variant.sequences.items()
    }


def _comparison(run: Run, columns: list[str]) -> dict[str, Any] | None:
    """Return the intervals and verdicts of the headline columns; None without a comparison."""
    if run.comparison is None:
        return None
    found = run.comparison
    return {
        **{name: found[name] for name in ("sequences", "scenes", "min_p_value", "rules", "runs")},
        "half_width": {
            name: {column: widths[column] for column in columns if column in widths}
            for name, widths in found["half_width"].items()
        },
        "verdicts": {
            baseline: {
                name: {column: each[column] for column in columns if column in each}
                for name, each in compared.items()
            }
            for baseline, compared in found["verdicts"].items()
        },
    }


def _speed(variant: Variant) -> dict[str, Any]:
    assert variant.speed is not None
    kept = {name: variant.speed[name] for name in ("values", "fps_range", "timed")}
    return kept | {"timing_warnings": variant.speed["timing_warnings"]}


def _streaming(variant: Variant) -> list[dict[str, Any]]:
    return [
        {"rate": each.rate, "values": each.values, "dropped": each.dropped / each.frames}
        for each in variant.streaming
    ]


def _timings(variant: Variant) -> dict[str, Any]:
    """Return the step times of each pass and of the warm-up in ms, by timed sequence."""
    return {
        sequence: {
            "step_ms": [[in_ms(ns / 1e6) for ns in each] for each in steps],
            "warm_up_ms": [in_ms(ns / 1e6) for ns in variant.warm_up[sequence]],
        }
        for sequence, steps in variant.timings.items()
    }


def _timeline(line: Timeline) -> dict[str, Any]:
    """Return the spans that contain errors, by kind of error: [index, count]."""
    return {
        "span": line.span,
        "counts": {
            title: [
                [index, int(line.counts[event][index])]
                for index in np.flatnonzero(line.counts[event]).tolist()
            ]
            for event, title in ERRORS.items()
        },
    }
