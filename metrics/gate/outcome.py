"""Read a verdict if it is up to date, and append it to the history."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.io.files import read_json
from metrics.gate.subject import is_current

_KEPT = (
    "run",
    "variant",
    "metric",
    "unit",
    "verdict",
    "baseline",
    "found",
    "change",
    "low",
    "high",
)


def history_line(verdict: Mapping[str, Any]) -> str:
    """Return a verdict as one line of JSON: date, commit, and each value with its interval."""
    content = {key: verdict[key] for key in ("date", "commit", "config", "verdict")}
    content["baseline"] = verdict["baseline"]["commit"]
    content["checks"] = [{key: check[key] for key in _KEPT} for check in verdict["checks"]]
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def append_line(path: Path, line: str) -> bool:
    """Append a line to a file under a lock; return False if the file already has it.

    A line that differs from the last one in its date only counts as the same: the comparison was
    repeated. A truncated last line is ended first, so that only that line is lost.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before = file.read()
        lines = before.split(b"\n")
        if line.encode() in lines or _undated(line.encode()) == _undated(*lines[-2:-1]):
            return False
        start = b"\n" if before and not before.endswith(b"\n") else b""
        file.write(start + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def _undated(line: bytes = b"") -> Any:
    """Return the content of a line without its date; the line itself if it is not JSON."""
    try:
        content = json.loads(line)
    except ValueError:
        return line
    return {**content, "date": None} if isinstance(content, dict) else line


def read_verdict(path: Path) -> dict[str, Any]:
    """Return the verdict on the present code, config and baseline.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not a verdict, or code, config or baseline have changed since.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file, the run ended before there was a verdict")
    verdict = read_json(path)
    if not isinstance(verdict, dict) or not verdict.keys() >= {"verdict", "exit", "checks"}:
        raise ValueError(f"{path}: expected the output of `make regression`, found no verdict")
    if not is_current(verdict.get("inputs")):
        raise ValueError(
            f"{path}: code, config or baseline have changed since this verdict of "
            f"{verdict.get('date')}: run the gate again"
        )
    return verdict
