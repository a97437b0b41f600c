"""What is printed at the end of a run: failed jobs with their logs, and timing warnings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_NO_REASON = re.compile(r"\s|Traceback \(most|.*\d%\|.*\[.*\]$")
_JOBS = 8  # failed jobs that are listed
_LINES = 3  # last lines of a log that are shown
_WIDTH = 400  # of a line of it
_TAIL = 1 << 16  # bytes of a log that are read


@dataclass(frozen=True)
class FailedJob:
    """A job that failed.

    Args:
        rule: Name of its rule.
        target: First file it was to make, or the name of the rule if it makes none.
        log: Where it writes what went wrong; None if its rule has no log.
    """

    rule: str
    target: str
    log: Path | None


def describe_failures(failed: Sequence[FailedJob], not_run: int, started: float) -> list[str]:
    """Return lines that name each failed job, with the end of its log and where that is.

    Args:
        not_run: How many jobs were not started, because others had failed or the run was stopped.
        started: When the run began, in seconds since 1970: older logs are of other runs.
    """
    if not failed:
        return [f"The run was stopped: {_jobs(not_run)} not run."]
    lines = ["", f"{_jobs(len(failed))} failed" + (f", {not_run} not run:" if not_run else ":")]
    for job in sorted(failed, key=lambda job: (job.rule, job.target))[:_JOBS]:
        lines.append(f"  {job.rule}: {job.target}")
        lines += _explain(job.log, started)
    if len(failed) > _JOBS:
        lines.append(f"  and {len(failed) - _JOBS} more")
    return lines


def describe_timing(speeds: Iterable[tuple[str, Path]]) -> list[str]:
    """Return at most one line: the timing warnings of all variants.

    Args:
        speeds: The name of each timed variant, and its speed.json, which may be missing.
    """
    found: dict[str, list[str]] = {}
    for variant, path in speeds:
        for doubt in _doubts(path):
            name = f"{variant} {doubt['size']}" if doubt["size"] else variant
            found.setdefault(doubt["what"], []).append(name)
    if not found:
        return []
    warnings = [f"{what} ({', '.join(names)})" for what, names in found.items()]
    return [f"Timing may be unreliable, measure on a quiet machine: {'; '.join(warnings)}"]


def log_end(path: Path, lines: int = _LINES) -> list[str]:
    """Return the last lines of a log, without progress bars and the frames of a traceback."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        text = file.read().decode(errors="replace").split("\n")
    # a progress bar overwrites its line with carriage returns: what it left last is the line
    written = [each for line in text if (each := line.split("\r")[-1].rstrip())]
    kept = [each for each in written if not _NO_REASON.match(each)] or written
    return [_shorten(each) for each in kept[-lines:]]


def _explain(log: Path | None, started: float) -> list[str]:
    if log is None or not log.is_file() or log.stat().st_mtime < started:
        return ["    no log: Snakemake's message above says why"]
    return [*(f"    {line}" for line in log_end(log)), f"    log: {log}"]


def _doubts(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    doubts: list[dict[str, str]] = json.loads(path.read_text()).get("doubts", [])
    return doubts


def _shorten(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
