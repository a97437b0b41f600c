"""Cost of a sequence apart from its frames: preparing, tracking by SORT, scoring.

    python -m bench.harness.short_sequences --output bench/short_sequences.json

Sequences have two frames. Two runs of the workflow, on few and on many sequences, are compared; the
cost is their difference per sequence.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench.harness.planning import write_sequences
from datasets.io.files import write_json
from datasets.io.git import ROOT
from datasets.io.program import run_main
from datasets.run_layout import RunLayout
from trackers.profiling.machine import describe_machine

_VARIANT, _PROTOCOL = "sort", "plain"


def run(count: int) -> dict[str, float]:
    """Return the seconds and processor seconds of a run on a number of sequences.

    Raises:
        RuntimeError: The run failed; quotes the end of its output.
    """
    name, layout = f"bench_short_{count}", RunLayout(ROOT)
    with TemporaryDirectory() as folder:
        sequences = write_sequences(Path(folder, "data"), count)
        entry = {
            "title": "Short", "reader": "mot_folder", "root": str(Path(folder, "data")),
            "licence": "none", "protocol": _PROTOCOL, "sequences": sequences,
        }  # fmt: skip
        run_entry = {"dataset": name, "variants": [_VARIANT], "clock": sequences[:1]}
        config = Path(folder, "config.yaml")
        config.write_text(
            json.dumps({"run": [run_entry], "datasets": {name: entry}})
        )  # JSON is YAML
        target = layout.combined(_VARIANT, name, _PROTOCOL).relative_to(ROOT)
        command = [sys.executable, "-m", "snakemake", "--cores", "all", "--configfile", str(config)]
        before, begin = os.times(), perf_counter()
        done = subprocess.run(
            [*command, "--", str(target)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        seconds, after = perf_counter() - begin, os.times()
    for made in (layout.dataset(_VARIANT, name), layout.prepared(name, "").parent):
        shutil.rmtree(made, ignore_errors=True)
    if done.returncode:
        raise RuntimeError(f"{count} sequences: the run failed: {done.stderr[-2000:]}")
    return {"seconds": seconds, "processor_seconds": sum(after[2:4]) - sum(before[2:4])}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=60)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    few, many = run(args.few), run(args.many)
    content: dict[str, Any] = {
        "what": parser.description,
        "date": str(date.today()),
        "runs": {args.few: few, args.many: many},
        "a_sequence": {key: (many[key] - few[key]) / (args.many - args.few) for key in few},
        "machine": describe_machine(),
    }
    print(content["a_sequence"])
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
