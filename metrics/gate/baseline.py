"""Make the baseline of later runs: the results of a run → config/baselines/<name>.json.

    python -m metrics.gate.baseline --plan '{"runs": [...], ...}'
        --output config/baselines/default.json

A baseline is refused if a result is missing, or if the machine was busy while step times were
measured: the spread over the processes of a baseline is the noise assumed for later runs.
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
from metrics.gate.snapshot import now, run_name, step_time_files, take_snapshot, timed_variants
from metrics.timing_warnings import find_timing_warnings


def make_baseline(plan: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    """Return the snapshot of a run, if it is suitable as a baseline.

    Args:
        workdir: Folder the workflow ran in.

    Raises:
        ValueError: The machine was busy, throttled or cold during a measurement.
        FileNotFoundError: A variant has no result.
    """
    snapshot = take_snapshot(plan, workdir)
    for run in plan["runs"]:
        present = snapshot["accuracy"][run_name(run)]["variants"]
        missing = sorted({variant["name"] for variant in run["variants"]} - set(present))
        if missing:
            raise FileNotFoundError(
                f"{run_name(run)}: expected results of every variant, found none of {missing}"
            )
    _refuse_timing_warnings(list(_step_time_files(plan, workdir)))
    return snapshot


def _refuse_timing_warnings(paths: list[Path]) -> None:
    found = [
        (path, warning)
        for path in paths
        for warning in islice(find_timing_warnings(read_json(path)), 1)
    ]
    for path, warning in found[:1]:
        raise ValueError(
            f"{path}: expected a quiet machine for a baseline, found timing warnings in "
            f"{len(found)} of {len(paths)} processes, here: {warning.what} ({warning.size}). Stop "
            "other programs and try again, or use config/accuracy_gate.yaml for a baseline of "
            "accuracy only"
        )


def _step_time_files(plan: Mapping[str, Any], workdir: Path) -> Iterator[Path]:
    for run, variant in timed_variants(plan):
        for process in range(plan["processes"]):
            yield from step_time_files(run, variant, workdir, process)


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
