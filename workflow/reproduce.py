"""One result made again from its run.json, and compared with what it was.

    python -m workflow.reproduce results/sort/synthetic/crowd

Exits with 0 where the tracks are the same to the last byte, with 1 where they are not, which it
describes, and with 2 where they cannot be made: a file that was read is gone or another. What else
differs now, such as code, libraries or machine, is told before. The result itself stays as it is.
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
from workflow.changes import changed_files, changed_surroundings
from workflow.track_diff import describe_differences

_IDENTICAL, _OTHER, _NOT_MADE = 0, 1, 2
_QUOTED = 3  # lines of a program's errors


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
    for line in changed_surroundings(record):
        print(f"differs now: {line}")
    if record["program"] == "trackers.adopt":
        rule = f"only the rule of method {record['method']} makes it: snakemake --forcerun"
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
        print(f"cannot be made again: {reason}")
    return _NOT_MADE


def _make(record: Mapping[str, Any], workdir: Path) -> Path:
    """Run the recorded command below `workdir`, on as many threads as recorded; return its tracks.

    Raises:
        RuntimeError: It fails; with the end of what it printed.
    """
    done = subprocess.run(
        _command(record, workdir), env=_environment(record), capture_output=True, text=True,
        errors="replace", check=False, preexec_fn=lambda: _narrow(int(record["threads"]["cores"])),
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
    args, others = parser.parse_known_args(record["command"][3:])
    moved = [f"--{name}={workdir / file}" for name, file in outputs.items() if getattr(args, name)]
    return [sys.executable, "-m", record["program"], *others, *moved]


def _environment(record: Mapping[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    then = {name: record["threads"].get(name) for name in SETTINGS}
    return kept | {name: value for name, value in then.items() if value is not None}


def _narrow(cores: int) -> None:
    """Leave this process no more cores than the job had."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def _compare(record: Mapping[str, Any], before: Path, made: Path) -> int:
    if sha256(made) == record["tracks"]:
        print(f"identical: sha256 {record['tracks']}")
        return _IDENTICAL
    print(f"other tracks: sha256 {record['tracks']} then, {sha256(made)} now")
    if not before.is_file() or sha256(before) != record["tracks"]:
        print(f"{before}: not those of this run.json, so that there is nothing to compare with")
        return _OTHER
    for line in describe_differences(read_tracks(before), read_tracks(made)):
        print(line)
    return _OTHER


if __name__ == "__main__":
    sys.exit(run_main(main, crashed=_NOT_MADE))
