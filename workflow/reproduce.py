"""Reproduce one result from its run.json and compare it with the recorded one.

    python -m workflow.reproduce results/sort/synthetic/crowd

The exit code is 0 where the tracks are identical to the last byte, 1 where they differ (the
differences are printed), and 2 where they cannot be reproduced, because an input is missing or has
changed. Changes of code, libraries or machine are printed first. The result itself is not modified.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.formats.parquet import read_tracks
from datasets.io.files import file_in, sha256
from datasets.io.program import run_main
from datasets.run_layout import RUN, TIMING, TRACKS
from datasets.sequences.run_json import read_run_json
from trackers.run_record import SETTINGS
from workflow.changes import changed_environment, changed_files
from workflow.track_diff import describe_changes

_IDENTICAL, _DIFFERENT, _NOT_REPRODUCED = 0, 1, 2
_QUOTED = 3  # last lines of a failed program that are printed


def main() -> int:
    """Run the command line program; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path, help="run.json, or the folder it is in")
    path = file_in(parser.parse_args().result, RUN)
    try:
        record = read_run_json(path)
        changed = changed_files(record)
    except (OSError, ValueError) as error:
        return _give_up([str(error)])
    for line in changed_environment(record):
        print(f"changed: {line}")
    if record["program"] == "trackers.adopt":
        rule = f"only the rule of method {record['method']} can make it: snakemake --forcerun"
        return _give_up([f"{rule} {record['method']} {path.with_name('tracks.parquet')}"])
    if changed:
        return _give_up(changed)
    with tempfile.TemporaryDirectory() as workdir:
        try:
            made = _make(record, Path(workdir))
        except RuntimeError as error:
            return _give_up([str(error)])
        return _compare(record, path.with_name(TRACKS), made)


def _give_up(reasons: list[str]) -> int:
    for reason in reasons:
        print(f"cannot be reproduced: {reason}")
    return _NOT_REPRODUCED


def _make(record: Mapping[str, Any], workdir: Path) -> Path:
    """Run the recorded command below `workdir`, on as many threads as recorded; return its tracks.

    Raises:
        RuntimeError: It fails; quotes the end of its output.
    """
    cores = int(record["threads"]["cores"])
    done = subprocess.run(
        _command(record, workdir), env=_environment(record), capture_output=True, text=True,
        errors="replace", check=False, preexec_fn=lambda: _restrict_cores(cores),
    )  # fmt: skip
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()][-_QUOTED:]
        raise RuntimeError(f"exit code {done.returncode}; printed last: {' | '.join(lines)}")
    return workdir / TRACKS


def _command(record: Mapping[str, Any], workdir: Path) -> list[str]:
    """Return the recorded command with its outputs below `workdir`."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    outputs = {"output": TRACKS, "timing": TIMING, "run": RUN}
    for name in outputs:
        parser.add_argument(f"--{name}")
    args, remaining = parser.parse_known_args(record["command"][3:])
    moved = [f"--{name}={workdir / file}" for name, file in outputs.items() if getattr(args, name)]
    return [sys.executable, "-m", record["program"], *remaining, *moved]


def _environment(record: Mapping[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    then = {name: record["threads"].get(name) for name in SETTINGS}
    return kept | {name: value for name, value in then.items() if value is not None}


def _restrict_cores(cores: int) -> None:
    """Restrict this process to as many cores as the job had."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def _compare(record: Mapping[str, Any], before: Path, made: Path) -> int:
    if sha256(made) == record["tracks"]:
        print(f"identical: sha256 {record['tracks']}")
        return _IDENTICAL
    print(f"different tracks: sha256 was {record['tracks']}, is {sha256(made)}")
    if not before.is_file() or sha256(before) != record["tracks"]:
        print(f"{before}: not the tracks of this run.json: nothing to compare with")
        return _DIFFERENT
    for line in describe_changes(read_tracks(before), read_tracks(made)):
        print(line)
    return _DIFFERENT


if __name__ == "__main__":
    sys.exit(run_main(main, crashed=_NOT_REPRODUCED))
