"""Write run.json, the provenance of a tracks.parquet, from which it can be reproduced."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from datasets.formats.parquet import write_tracks
from datasets.io.files import replacing, sha256, sha256_of, write_json
from datasets.io.flags import json_mapping
from datasets.io.git import LOCK, GitQueries, finish_commit_query, start_commit_query
from datasets.run_layout import DETECTIONS, PROMPTS
from datasets.sequences.run_json import SCHEMA_VERSION
from datasets.sequences.sequence_json import IMAGES, PreparedSequence
from datasets.types import Tracks
from trackers.contract import load_method
from trackers.engines.runner import measured_ordinal
from trackers.named_files import named_files, split_engines
from trackers.profiling.machine import describe_machine, usable_cores

# settings that choose the number of threads and the device of a sum, and so change its last bits
SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
_PREPARED = {"detections": DETECTIONS, "prompts": PROMPTS, "image": IMAGES}


@dataclass(frozen=True)
class Job:
    """The arguments of a program that makes tracks.

    Args:
        program: Module of the program.
        method: Name of the method.
        options: Options of the method.
        sequence: The prepared sequence.
        inputs: Parts of the sequence that are read if present: `image`, `detections`, `prompts`.
        files: Further files that are read, beside the inputs and those that the options name.
        code: Digest of the code that runs, from the workflow; None if it was not passed.
        arguments: Arguments of the program; None for those of this process.
    """

    program: str
    method: str
    options: Mapping[str, Any]
    sequence: PreparedSequence
    inputs: tuple[str, ...]
    files: tuple[Path, ...] = ()
    code: str | None = None
    arguments: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RunRecord:
    """The part of run.json that is known when a job starts, see `begin_record`.

    Args:
        content: Keys and values of run.json.
        commit: Query of the git commit, which runs in the background.
        started: Start of the job by `time.perf_counter`.
    """

    content: Mapping[str, Any]
    commit: GitQueries | None
    started: float


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that all programs that make tracks share."""
    parser.add_argument(
        "--options", type=json_mapping, default={}, help="options of the method, as JSON"
    )
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--output", type=Path, required=True, help=".../tracks.parquet to write")
    parser.add_argument(
        "--run", type=Path, help=".../run.json to write: the provenance of the tracks"
    )
    parser.add_argument("--code", help="digest of the code, recorded in run.json")


def begin_record(job: Job) -> RunRecord:
    """Return the record of a job that is about to start: its inputs, files, code and machine."""
    path, sequence = job.sequence.path, job.sequence.sequence
    prepared = job.sequence.digests([_PREPARED[each] for each in job.inputs])
    method = load_method(job.method)
    named = named_files(method, job.options, sequence.root, sequence.name)
    files, engines = split_engines(named)
    arguments = sys.argv[1:] if job.arguments is None else job.arguments
    content = {
        "schema_version": SCHEMA_VERSION,
        "program": job.program,
        "method": job.method,
        "options": job.options,
        "command": ["python", "-m", job.program, *arguments],
        "sequence": str(path),
        "inputs": {path.name: sha256(path)} | prepared,
        "files": _digests([*files, *job.files]),
        "engines": _digests(engines),
        "code": job.code,
        "lock": sha256(LOCK),
        "machine": describe_machine(measured_ordinal(job.options)),
        "threads": describe_threads(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return RunRecord(content, start_commit_query(), perf_counter())


def describe_threads() -> dict[str, str | None]:
    """Return the number of usable cores, and the settings that limit threads and devices."""
    return {"cores": str(usable_cores())} | {name: os.environ.get(name) for name in SETTINGS}


def write_result(output: Path, tracks: Tracks, run: Path | None, record: RunRecord) -> None:
    """Write run.json and then the tracks, so that finished tracks always have a run.json.

    If the process is killed between the two, run.json is left beside no tracks or older ones. The
    digest of the tracks in run.json reveals this.

    Args:
        run: Path of run.json; None to write no record.
    """
    with replacing(output) as part:
        write_tracks(part, tracks)
        if run is not None:
            result = {
                "commit": finish_commit_query(record.commit),
                "seconds": round(perf_counter() - record.started, 3),
                "tracks": sha256(part),
            }
            write_json(run, {**record.content, **result})


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): sha256_of(path) for path in paths}
