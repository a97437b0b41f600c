"""Build the page's data for the failure gallery: timelines, strips of the worst errors, media."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

from datasets.io.files import is_up_to_date, read_json
from datasets.run_layout import EVENTS, RunLayout
from reports.gallery.timelines import read_timelines, to_json
from reports.gallery.variant import THUMBNAILS
from reports.overlays.drawing import PALETTE
from reports.results import Run, Variant

_MEDIA = Path("reports", "media")
_THUMBNAIL_BYTES = 600_000  # of the whole page, in equal shares for each variant of each run


def page_parts(runs: Many[Run], workdir: Path) -> list[dict[str, Any]]:
    """Return the gallery of each run as JSON types; missing and outdated files are left out.

    `timelines` are by variant, sequence, then class (see `timelines.Timelines`); `thumbnails` by
    variant, worst first; `media` lists what can be loaded from files in the page's folder.

    Args:
        workdir: Working directory of the workflow.
    """
    share = _THUMBNAIL_BYTES // max(sum(len(run.variants) for run in runs), 1)
    return [_run_data(run, workdir, share) for run in runs]


def _run_data(run: Run, workdir: Path, max_bytes: int) -> dict[str, Any]:
    """Return the gallery of a run, with at most `max_bytes` of thumbnails per variant."""
    dataset, protocol = run.plan["dataset"], run.plan["protocol"]
    media = workdir / _MEDIA / dataset
    events = {each.entry["name"]: _event_files(workdir, run, each) for each in run.variants}
    painted_frames = {
        name: media / "tracks" / name / THUMBNAILS
        for name, paths in events.items()
        if is_up_to_date(
            media / "tracks" / name / THUMBNAILS, paths.values(), finished=run.finished
        )
    }
    return {
        "palette": [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in PALETTE],
        "timelines": {
            name: {sequence: to_json(read_timelines(path)) for sequence, path in paths.items()}
            for name, paths in events.items()
        },
        "thumbnails": {
            name: _first(read_json(path).get(protocol, []), max_bytes)
            for name, path in painted_frames.items()
        },
        "media": {
            "folder": f"media/{dataset}",
            "variants": list(painted_frames),
            "sequences": {
                name: {"rate": prepared["frame_rate"], "pictures": prepared["images"] is not None}
                for name, prepared in run.files.items()
                if (media / "frames" / name / "truth.js").is_file()
            },
        },
    }


def _event_files(workdir: Path, run: Run, variant: Variant) -> Mapping[str, Path]:
    """Return the events file of each sequence that has a result."""
    layout, owner = RunLayout(workdir), variant.entry["name"]
    dataset, protocol = run.plan["dataset"], run.plan["protocol"]
    return {
        name: layout.score(owner, dataset, name, protocol, EVENTS) for name in variant.sequences
    }


def _first(strips: list[dict[str, Any]], max_bytes: int) -> list[dict[str, Any]]:
    """Return the first strips, as many as fit."""
    kept, left = [], max_bytes
    for each in strips:
        left -= len(each["webp"])
        if left < 0:
            break
        kept.append(each)
    return kept
