"""The summary printed at the end of a run: failed jobs with their logs, and timing warnings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_NO_REASON = re.compile(r"\s|Traceback \(most|.*\d%\|.*\[.*\]$")
_JOBS = 8  # failed jobs listed
_LINES = 3  # last lines of a log shown
_WIDTH = 400  # characters of such a line
_TAIL = 1 << 16  # bytes read of a log


@dataclass(frozen=True)
class FailedJob:
    """A job that failed.

    Args:
        rule: Name of its rule.
        target: First output file; the rule's name if it has no output.
        log: Log file of the job; None if its rule has none.
    """

    rule: str
    target: str
    log: Path | None


def describe_failures(failed: Sequence[FailedJob], not_run: int, started: float) -> list[str]:
    """Return lines that name each failed job, with the path and the end of its log.

    Args:
        not_run: Number of jobs not started, because others had failed or the run was stopped.
        started: Start of the run, in seconds since 1970: older logs belong to other runs.
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
    """Return the timing warnings of all variants in at most one line.

    Args:
        speeds: Name of each timed variant, and its speed.json, which may be missing.
    """
    found: dict[str, list[str]] = {}
    for variant, path in speeds:
        for warning in _timing_warnings(path):
            name = f"{variant} {warning['size']}" if warning["size"] else variant
            found.setdefault(warning["what"], []).append(name)
    if not found:
        return []
    warnings = [f"{what} ({', '.join(names)})" for what, names in found.items()]
    return [f"Timing may be unreliable, measure on a quiet machine: {'; '.join(warnings)}"]


def log_end(path: Path, lines: int = _LINES) -> list[str]:
    """Return the last lines of a log, without progress bars and the frames of a traceback."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        text = file.read().decode(errors="replace").split("\n")
    # a progress bar overwrites its line with carriage returns: its last state is the line
    written = [each for line in text if (each := line.split("\r")[-1].rstrip())]
    kept = [each for each in written if not _NO_REASON.match(each)] or written
    return [_shorten(each) for each in kept[-lines:]]


def _explain(log: Path | None, started: float) -> list[str]:
    if log is None or not log.is_file() or log.stat().st_mtime < started:
        return ["    no log: see Snakemake's message above"]
    return [*(f"    {line}" for line in log_end(log)), f"    log: {log}"]


def _timing_warnings(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    found: list[dict[str, str]] = json.loads(path.read_text()).get("timing_warnings", [])
    return found


def _shorten(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
