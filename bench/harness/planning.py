"""How long Snakemake plans a large run before its first job starts.

    python -m bench.harness.planning --output bench/planning.json

Variants of six methods with different options are planned on sequences of two frames, with no
output present. Processor seconds are reported too, because the machine may be busy.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from datetime import date
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from datasets.io.files import write_json
from datasets.io.git import ROOT
from datasets.io.program import run_main
from trackers.profiling.machine import describe_machine

_ENGINES = {"engine": "onnxruntime", "networks": "engines/sam2_demo/fp32"}
_METHODS: dict[str, dict[str, Any]] = {  # methods with their required options
    "sort": {},
    "bytetrack": {},
    "oc_sort": {},
    "deepsort": {},
    "sam2_prompted": _ENGINES,
    "yolo_sam2": _ENGINES | {"detector": "engines/yolox_demo/fp32"},
}
_VARIED = {  # the option of each that varies
    "sort": "max_age",
    "bytetrack": "track_buffer",
    "oc_sort": "max_age",
    "deepsort": "max_age",
    "sam2_prompted": "mask_threshold",
    "yolo_sam2": "max_lost_frames",
}
_DATASET = "bench_planning"  # a name without results
_SEQINFO = "[Sequence]\nname=x\nframeRate=10\nseqLength=2\nimWidth=64\nimHeight=48\n"
_TRUTH = "1,1,3,5,10,20,1,1,1\n2,1,4,5,10,20,1,1,1\n"
_FOUND = "1,-1,3,5,10,20,0.9\n2,-1,4,5,10,20,0.9\n"


def write_sequences(root: Path, count: int) -> list[str]:
    """Write sequences in MOTChallenge layout below `root`/train and return their names."""
    names = [f"street-{number:04d}" for number in range(count)]
    for name in names:
        for place, text in (
            ("seqinfo.ini", _SEQINFO),
            ("gt/gt.txt", _TRUTH),
            ("det/det.txt", _FOUND),
        ):
            path = root / "train" / name / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return names


def make_config(root: Path, variants: int, sequences: list[str]) -> dict[str, Any]:
    """Return the config to lay over the default."""
    kinds = [*zip(range(variants), cycle(_METHODS), strict=False)]
    entries = {
        f"{method}_{number:03d}": {
            "method": method,
            "options": _METHODS[method] | {_VARIED[method]: number + 1},
        }
        for number, method in kinds
    }
    return {
        "run": [{"dataset": _DATASET, "variants": [*entries], "clock": sequences[:1]}],
        "datasets": {
            _DATASET: {
                "title": "Streets",
                "reader": "mot_folder",
                "root": str(root),
                "licence": "none",
                "protocol": "plain",
                "sequences": sequences,
            }
        },
        "variants": entries,
    }


def plan(config: Path) -> dict[str, float]:
    """Return the number of jobs in a dry run, and its seconds.

    Raises:
        RuntimeError: The dry run failed; quotes the end of its output.
    """
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "host", "reason", "rules"]
    before, begin = os.times(), perf_counter()
    done = subprocess.run(
        [*command, "--cores", "all", "--configfile", str(config), "--", "reports/summary.html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds, after = perf_counter() - begin, os.times()
    total = re.search(r"^total +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    if done.returncode or total is None:
        raise RuntimeError(f"{config}: the dry run failed: {(done.stdout + done.stderr)[-2000:]}")
    worked = sum(after[2:4]) - sum(before[2:4])
    return {"jobs": int(total[1]), "seconds": seconds, "processor_seconds": worked}


def measure(variants: int, sequences: int, repeats: int) -> dict[str, Any]:
    """Return what one size of a plan takes, medians of repeats."""
    with TemporaryDirectory() as folder:
        names = write_sequences(Path(folder, "data"), sequences)
        path = Path(folder, "config.yaml")
        content = make_config(Path(folder, "data"), variants, names)
        path.write_text(json.dumps(content))  # JSON is YAML
        found = [plan(path) for _ in range(repeats)]
    medians = {key: median(each[key] for each in found) for key in found[0]}
    return {"variants": variants, "sequences": sequences, **medians}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", nargs="+", default=["10x60", "30x100"], help="variants x sequences"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    found = []
    for size in args.sizes:
        variants, _, sequences = size.partition("x")
        case = measure(int(variants), int(sequences), args.repeats)
        found.append(case)
        print(
            f"{variants} variants on {sequences} sequences: {case['jobs']:.0f} jobs, "
            f"{case['seconds']:.1f} s ({case['processor_seconds']:.1f} s of a core)"
        )
    content = {
        "what": "snakemake --dry-run of variants of six methods on own sequences, nothing made yet",
        "date": str(date.today()),
        "repeats": args.repeats,
        "cases": found,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
