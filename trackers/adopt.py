"""Convert the result file of a method's own rule to tracks.parquet, run.json and timing.json.

    python -m trackers.adopt --method=mine --format=mot --result=mine.txt
        --sequence=data/synthetic/crowd/sequence.json --benchmark=benchmark.jsonl
        --output=tracks.parquet --timing=timing.json --run=run.json

The time is that of the rule's whole job, which Snakemake measures if the rule has `benchmark:`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from datasets.io.files import read_small_text
from datasets.io.program import run_main
from datasets.sequences.sequence_json import open_sequence
from trackers.contract import load_method
from trackers.external_timing import write_timing
from trackers.parts.result_files import check_format, read_result
from trackers.run_record import Job, add_flags, begin_record, write_result

_ALL_INPUTS = ("image", "detections")


def read_seconds(path: Path) -> float:
    """Return the seconds of a job from its benchmark file; those of the last run if repeated.

    Raises:
        ValueError: The file is not a benchmark file of Snakemake.
    """
    try:
        seconds = float(json.loads(read_small_text(path).splitlines()[-1])["s"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: expected a benchmark file of Snakemake, JSON lines") from error
    if not seconds > 0:
        raise ValueError(f"{path}, s: expected a number above 0, found {seconds}")
    return seconds


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    check_format(args.format)
    inputs = load_method(args.method).inputs or _ALL_INPUTS
    prepared = open_sequence(args.sequence)
    job = Job(
        "trackers.adopt", args.method, args.options, prepared, inputs,
        files=(args.result,), code=args.code,
    )  # fmt: skip
    seconds = read_seconds(args.benchmark)
    record = begin_record(job)
    sequence = prepared.sequence
    tracks = read_result(args.result, args.format, sequence)
    record = replace(record, started=record.started - seconds)  # the job is part of the run
    write_result(args.output, tracks, args.run, record)
    write_timing(args.timing, "process", sequence.extent.frame_count, [round(seconds * 1e9)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", required=True)
    parser.add_argument("--format", required=True, help="format of the result")
    parser.add_argument(
        "--result", type=Path, required=True, help="result file or folder of one sequence"
    )
    parser.add_argument(
        "--benchmark", type=Path, required=True, help="Snakemake's benchmark file of the job"
    )
    parser.add_argument("--timing", type=Path, required=True, help=".../timing.json to write")
    add_flags(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
