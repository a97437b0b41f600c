"""A baseline to hold later runs against: what a run left → config/baselines/<name>.json.

    python -m metrics.gate.baseline --plan '{"runs": [...], ...}'
        --output config/baselines/default.json

Refused where a result is missing, and where the machine was busy while paces were taken: the spread
of a baseline's processes is the noise that later runs are judged by.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from datasets.io.files import read_json, write_json
from datasets.io.flags import json_value
from datasets.io.program import run_main
from metrics.gate.snapshot import now, pace_files, run_name, take_snapshot, timed_variants
from metrics.timing_warnings import doubts


def make_baseline(plan: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    """Return the snapshot of a run, if it is fit to be one that others are judged by.

    Args:
        workdir: Folder the workflow ran in.

    Raises:
        ValueError: The machine was busy, slowed or cold while a pace was taken.
        FileNotFoundError: A variant has no result.
    """
    snapshot = take_snapshot(plan, workdir)
    for run in plan["runs"]:
        there = snapshot["accuracy"][run_name(run)]["variants"]
        missing = sorted({card["name"] for card in run["variants"]} - set(there))
        if missing:
            raise FileNotFoundError(f"{run_name(run)}: no results of {missing}: expected of all")
    _refuse_doubtful(list(_paces(plan, workdir)))
    return snapshot


def _refuse_doubtful(paces: list[Path]) -> None:
    found = [(path, doubt) for path in paces for doubt in islice(doubts(read_json(path)), 1)]
    for path, doubt in found[:1]:
        raise ValueError(
            f"{path}: {doubt.what} ({doubt.size}); {len(found)} of {len(paces)} processes are "
            "doubtful: expected a quiet machine for a baseline. Stop what else runs and try again, "
            "or lay config/accuracy_gate.yaml over the config for a baseline of accuracy alone"
        )


def _paces(plan: Mapping[str, Any], workdir: Path) -> Iterator[Path]:
    for run, variant in timed_variants(plan):
        for process in range(plan["processes"]):
            yield from pace_files(run, variant, workdir, process)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plan", type=json_value, required=True, help="JSON")
    parser.add_argument("--workdir", type=Path, default=Path(), help="folder the workflow ran in")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    content = make_baseline(args.plan | {"date": now()}, args.workdir)
    write_json(args.output, content, indent=None)
    size = args.output.stat().st_size
    print(f"{args.output}: {size / 1e3:.0f} kB, commit {content['commit']}")


if __name__ == "__main__":
    sys.exit(run_main(main))
