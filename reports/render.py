"""Render the comparison page: the results of a plan as one HTML file that needs no network.

    python -m reports.render --plan '{"runs": [...], "clock": {...}, "commit": "..."}'
        --output reports/summary.html

`--plan` lists the runs to show, as the workflow writes it from the config.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from datasets.io.files import replacing
from datasets.io.flags import json_value
from datasets.io.program import run_main
from reports import export
from reports.page import table
from reports.page.figures import accuracy_and_speed, by_sequence
from reports.page.page_data import page_data, run_id
from reports.page.parity import Parity, read_parity
from reports.page.provenance import provenance
from reports.page.vega import vega_script
from reports.results import Run, read_run

_PAGE = Path(__file__).parent / "page"
_SCRIPTS = (  # in order of execution: each may use what earlier ones add to `bench`
    *("bench", "elements", "charts", "arithmetic", "average_precision", "families", "totals"),
    *("controls", "uncertainty", "verdict", "by_sequence", "speed", "step_times", "speed_details"),
    *("accuracy", "error_figures", "slices"),
    *("errors", "run_lengths", "media", "pictures", "viewer", "lanes", "lane_figures"),
    *("gallery_choices", "gallery_overview", "gallery"),
    *("trend", "heatmap_panels", "heatmaps", "downloads"),
)


def render(
    plan: Mapping[str, Any],
    runs: list[Run],
    parities: Many[Parity],
    *,
    unfinished: bool,
    workdir: Path = Path(),
) -> str:
    """Return the page as HTML.

    Args:
        workdir: Working directory of the workflow.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = table.format_value
    data = page_data(plan, runs, workdir)
    trend = any(each["trend"] for each in data["runs"])
    return environment.get_template("page.html.j2").render(
        plan=plan,
        title=", ".join(dict.fromkeys(run.plan["title"] for run in runs)),
        sections=[_section(run) for run in runs],
        data=_as_json(data),
        trend=trend,
        unfinished=unfinished,
        parities=parities,
        machines=_machines(runs),
        entries=_variant_entries(runs),
        origin=provenance(runs, workdir),
        vega=vega_script(),
        scripts=[_script(name) for name in _SCRIPTS if trend or name != "trend"],
    )


def _as_json(data: Mapping[str, Any]) -> Markup:
    """Return JSON that is safe in HTML, without optional spaces, which saves a fifth."""
    return htmlsafe_json_dumps(data, sort_keys=True, separators=(",", ":"))


def _section(run: Run) -> dict[str, Any]:
    """Return what the template shows of a run without scripts."""
    figures = (accuracy_and_speed(run), by_sequence(run))
    return {
        "id": run_id(run),
        "run": run,
        "headline": table.headline(run),
        "timed_differently": table.timed_differently(run),
        "figures": [vl_convert.vegalite_to_svg(figure) for figure in figures if figure],
        "files": export.files(run),
    }


def _script(name: str) -> str:
    return (_PAGE / "js" / f"{name}.js").read_text()


def check_complete(runs: list[Run]) -> None:
    """Raise FileNotFoundError if a result of the plan is missing."""
    for run in runs:
        for missing in run.missing_results:
            raise FileNotFoundError(
                f"{run.plan['dataset']}: no result of {missing.variant} on {missing.sequence}: "
                f"{missing.job}; --unfinished-since renders the results that exist"
            )


def _machines(runs: list[Run]) -> list[Mapping[str, str]]:
    """Return each machine used for timing, without repeats."""
    found: list[Mapping[str, str]] = []
    for run in runs:
        for variant in run.variants:
            if variant.speed and variant.speed["machine"] not in found:
                found.append(variant.speed["machine"])
    return found


def _variant_entries(runs: list[Run]) -> list[Mapping[str, Any]]:
    """Return the plan's entry of each variant, without repeats."""
    entries = {variant.entry["name"]: variant.entry for run in runs for variant in run.variants}
    return list(entries.values())


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plan", type=json_value, required=True, help="JSON of the runs to show")
    parser.add_argument("--output", type=Path, required=True, help="HTML file")
    parser.add_argument(
        "--unfinished-since",
        type=float,
        metavar="TIME",
        help="start of a failed run, in seconds since 1970: shows the results that exist",
    )
    args = parser.parse_args()
    unfinished = args.unfinished_since is not None
    runs = [read_run(each, Path(), args.unfinished_since) for each in args.plan["runs"]]
    if not unfinished:
        check_complete(runs)
    paths = [Path(name) for name in args.plan["parity"]]
    parities = [read_parity(path) for path in paths if path.is_file() or not unfinished]
    with replacing(args.output) as part:
        part.write_text(render(args.plan, runs, parities, unfinished=unfinished))
    if unfinished:
        # Older than any input, so that the next run renders the page again; not 0, which Snakemake
        # reads as no date
        os.utime(args.output, (1, 1))


if __name__ == "__main__":
    sys.exit(run_main(main))
