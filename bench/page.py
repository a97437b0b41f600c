"""How long the page takes to build and to open, and how large it is, by number of variants.

    python -m bench.page --truth MOT17/train --results lif_t --output bench/page.json

Seconds are medians. Building is the whole program that the workflow calls; opening is from
navigation to the last figure drawn, in headless Chromium at the top of the page.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.material.page_material import add_variants, make_plan, run, write_material
from datasets.io.files import write_json
from datasets.io.program import run_main
from trackers.profiling.machine import describe_machine

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PAGE = "reports/summary.html"
_DRAWN = """() => [...document.querySelectorAll(".figure")].every(
    each => !each.checkVisibility() || each.children.length)"""


def measure(
    workdir: Path, variants: list[str], sequences: list[str], repeats: int
) -> dict[str, Any]:
    """Return times and size of the page with these variants."""
    plan = json.dumps(make_plan(workdir, variants, sequences))
    arguments = ("--plan", plan, "--output", _PAGE)
    built = [_seconds(lambda: run(workdir, "reports.render", *arguments)) for _ in range(repeats)]
    page = workdir / _PAGE
    return {
        "variants": len(variants),
        "sequences": len(sequences),
        "build_seconds": median(built),
        "megabytes": page.stat().st_size / 1e6,
        "parts_kB": parts(page),
        "open_seconds": median(_open(page) for _ in range(repeats)),
    }


def parts(page: Path) -> dict[str, int]:
    """Return the size of each part of the page's data, in kB."""
    text = page.read_text().split('<script type="application/json" id="data">')[1]
    data = json.loads(text.split("</script>")[0])
    found = {name: len(json.dumps(each)) for name, each in data["runs"][0].items()}
    found["heatmaps"] = len(json.dumps(data["heatmaps"]))
    return {name: size // 1000 for name, size in found.items() if size >= 10**4}


def _seconds(work: Callable[[], None]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


def _open(page: Path) -> float:
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        raise SystemExit(f"no browser: install one of {', '.join(_BROWSERS)}")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        tab = browser.new_context(offline=True).new_page()
        begin = perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_function(_DRAWN)
        seconds = perf_counter() - begin
        browser.close()
    return seconds


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="MOT17's train folder")
    parser.add_argument("--results", type=Path, required=True, help="a tracker's text files")
    parser.add_argument("--variants", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--sequences", type=int, default=25)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        workdir = Path(folder)
        sequences = write_material(workdir, args.truth, args.results, args.sequences)
        print("variants  build      size     open")
        for count in args.variants:
            each = measure(workdir, add_variants(workdir, count), sequences, args.repeats)
            found.append(each)
            print(
                f"{count:8d} {each['build_seconds']:5.1f} s {each['megabytes']:6.2f} MB "
                f"{each['open_seconds']:6.2f} s",
                flush=True,
            )
    content = {"what": __doc__.splitlines()[0], "date": date.today().isoformat(), "pages": found}
    write_json(args.output, content | {"machine": describe_machine()})


if __name__ == "__main__":
    sys.exit(run_main(main))
