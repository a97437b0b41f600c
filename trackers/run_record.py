"""What made a tracks.parquet: run.json beside it, from which it can be traced and made again."""

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
from datasets.io.git import LOCK, Asked, ask_commit, read_commit
from datasets.run_layout import DETECTIONS, PROMPTS
from datasets.sequences.run_json import SCHEMA_VERSION
from datasets.sequences.sequence_json import IMAGES, PreparedSequence
from datasets.types import Tracks
from trackers.contract import load_method
from trackers.named_files import named_files, split_engines
from trackers.profiling.machine import describe_machine, usable_cores

# what decides on how many threads, and on which device, a sum is made: its last bits may differ
SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
_PREPARED = {"detections": DETECTIONS, "prompts": PROMPTS, "image": IMAGES}


@dataclass(frozen=True)
class Job:
    """What a program that makes tracks is asked for.

    Args:
        program: Its module.
        sequence: The prepared one.
        inputs: What of the sequence it reads, if there is any: `image`, `detections`, `prompts`.
        files: What it reads beside that and beside what its options name.
        code: A digest of all it runs, from the workflow; None where nobody gave one.
    """

    program: str
    method: str
    options: Mapping[str, Any]
    sequence: PreparedSequence
    inputs: tuple[str, ...]
    files: tuple[Path, ...] = ()
    code: str | None = None


@dataclass(frozen=True)
class RunRecord:
    """What is known when a job begins, see `begin_record`."""

    content: Mapping[str, Any]
    commit: Asked | None
    begun: float


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of every program that makes tracks."""
    parser.add_argument("--options", type=json_mapping, default={}, help="of the method, JSON")
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--output", type=Path, required=True, help=".../tracks.parquet")
    parser.add_argument("--run", type=Path, help=".../run.json to write: what made the tracks")
    parser.add_argument("--code", help="kept in it: a digest of the code")


def begin_record(job: Job) -> RunRecord:
    """Take down what a job runs with, before it does."""
    path, sequence = job.sequence.path, job.sequence.sequence
    prepared = job.sequence.digests([_PREPARED[each] for each in job.inputs])
    method = load_method(job.method)
    named = named_files(method, job.options, sequence.root, sequence.name)
    files, engines = split_engines(named)
    content = {
        "schema_version": SCHEMA_VERSION,
        "program": job.program,
        "method": job.method,
        "options": job.options,
        "command": ["python", "-m", job.program, *sys.argv[1:]],
        "sequence": str(path),
        "inputs": {path.name: sha256(path)} | prepared,
        "files": _digests([*files, *job.files]),
        "engines": _digests(engines),
        "code": job.code,
        "lock": sha256(LOCK),
        "machine": describe_machine(),
        "threads": describe_threads(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return RunRecord(content, ask_commit(), perf_counter())


def describe_threads() -> dict[str, str | None]:
    """Return how many cores this process may use, and the settings that say how many it does."""
    return {"cores": str(usable_cores())} | {name: os.environ.get(name) for name in SETTINGS}


def write_result(output: Path, tracks: Tracks, run: Path | None, record: RunRecord) -> None:
    """Write tracks, and before them what made them: when they are there, it is.

    Killed between the two, a run.json lies beside other tracks or none: the digest in it tells.

    Args:
        run: Where to write what made them; None not to.
    """
    with replacing(output) as part:
        write_tracks(part, tracks)
        if run is not None:
            end = {
                "commit": read_commit(record.commit),
                "seconds": round(perf_counter() - record.begun, 3),
                "tracks": sha256(part),
            }
            write_json(run, {**record.content, **end})


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): sha256_of(path) for path in paths}
