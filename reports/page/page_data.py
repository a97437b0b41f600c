"""What the scripts of the page work on: everything of the runs, as JSON types."""

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

# families whose partials list every box there is, with how their columns begin
_LARGE = {"coco_box_ap": "box ", "coco_mask_ap": "mask "}


def page_data(plan: Mapping[str, Any], runs: Many[Run], workdir: Path) -> dict[str, Any]:
    """Return the data of the page; `runs` in the order of the plan.

    Args:
        workdir: Folder the workflow ran in.
    """
    galleries = gallery_parts(runs, workdir)
    history = read_history(workdir / plan["history"]) if plan.get("history") else History([], 0)
    return {
        "clock": plan["clock"],
        "runs": [
            {**_of_run(run), "gallery": gallery, "trend": trend_part(history, _names(run))}
            for run, gallery in zip(runs, galleries, strict=True)
        ],
        "heatmaps": heatmaps_part(runs, workdir),
    }


def run_id(run: Run) -> str:
    """Return what the page's state calls a run."""
    return f"{run.plan['dataset']}-{run.plan['protocol']}"


def _names(run: Run) -> tuple[str, str]:
    """Return what the gate calls a run, and its paces."""
    return f"{run.plan['dataset']}/{run.plan['protocol']}", run.plan["dataset"]


def _of_run(run: Run) -> dict[str, Any]:
    leading = table.leading(run)
    shown = table.headline(run)
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
        "headline": [each["name"] for each in shown.columns if each["name"] in scored],
        "leading": leading["name"] if leading else None,
        "classes": run.classes,
        "variants": _variants(run),
        "troubles": {each.variant: each.job for each in reversed(run.troubles)},
        "totals": {each.card["name"]: each.total for each in run.variants},
        "comparison": _comparison(run, [each["name"] for each in shown.columns]),
        "partials": {each.card["name"]: _partials(each) for each in run.variants},
        "large": {each.card["name"]: _large(each) for each in run.variants},
        "speed": {each.card["name"]: _speed(each) for each in run.variants if each.speed},
        "timings": {each.card["name"]: _timings(each) for each in run.variants if each.timings},
        "late": {each.card["name"]: _late(each) for each in run.variants if each.late},
        "by_objects": {
            each.card["name"]: found
            for each in run.variants
            if (found := by_objects(each)) is not None
        },
        "stages": {each.card["name"]: each.stages for each in run.variants if each.stages},
        "timelines": {
            each.card["name"]: {name: _timeline(line) for name, line in each.timelines.items()}
            for each in run.variants
        },
    }


def _variants(run: Run) -> list[dict[str, str]]:
    """Return name, title and source; two of one title are told apart by their names."""
    cards = [variant.card for variant in run.variants]
    often = Counter(card["title"] for card in cards)
    return [
        {
            "name": card["name"],
            "title": card["title"]
            if often[card["title"]] == 1
            else f"{card['title']} ({card['name']})",
            "source": card["source"],
        }
        for card in cards
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
    """Return by sequence the values of the families whose partials are left out."""
    first = tuple(_LARGE.values())
    return {
        sequence: {name: value for name, value in values.items() if name.startswith(first)}
        for sequence, values in variant.sequences.items()
    }


def _comparison(run: Run, columns: list[str]) -> dict[str, Any] | None:
    """Return what is known of how sure the columns are that are compared; None if nothing is."""
    if run.comparison is None:
        return None
    found = run.comparison
    return {
        **{name: found[name] for name in ("sequences", "scenes", "least_chance", "rules", "runs")},
        "half_width": {
            name: {column: widths[column] for column in columns if column in widths}
            for name, widths in found["half_width"].items()
        },
        "verdicts": {
            baseline: {
                name: {column: each[column] for column in columns if column in each}
                for name, each in others.items()
            }
            for baseline, others in found["verdicts"].items()
        },
    }


def _speed(variant: Variant) -> dict[str, Any]:
    assert variant.speed is not None
    wanted = ("values", "fps_range", "timed", "doubts")
    return {name: variant.speed[name] for name in wanted}


def _late(variant: Variant) -> list[dict[str, Any]]:
    return [
        {"rate": late.rate, "values": late.values, "dropped": late.dropped / late.frames}
        for late in variant.late
    ]


def _timings(variant: Variant) -> dict[str, Any]:
    """Return each pass over each timed sequence in ms, and its warm-up."""
    return {
        sequence: {
            "step_ms": [[in_ms(ns / 1e6) for ns in each] for each in steps],
            "warm_up_ms": [in_ms(ns / 1e6) for ns in variant.warm_up[sequence]],
        }
        for sequence, steps in variant.timings.items()
    }


def _timeline(line: Timeline) -> dict[str, Any]:
    """Return the spans with errors in, by kind: [place, count]."""
    return {
        "span": line.span,
        "counts": {
            title: [
                [place, int(line.counts[event][place])]
                for place in np.flatnonzero(line.counts[event]).tolist()
            ]
            for event, title in ERRORS.items()
        },
    }
