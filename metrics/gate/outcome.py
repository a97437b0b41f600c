"""A verdict read from its file, if it is of what is here now, and as a line of a history."""

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
    """Return a verdict as one line of JSON: when, of what, and each number with its interval."""
    content = {key: verdict[key] for key in ("date", "commit", "config", "verdict")}
    content["baseline"] = verdict["baseline"]["commit"]
    content["checks"] = [{key: check[key] for key in _KEPT} for check in verdict["checks"]]
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def append_line(path: Path, line: str) -> bool:
    """Add a line at the end of a file, whoever else does so; return False if it is there already.

    It is where the last line differs in its date only: the same was judged again. A last line that
    was cut off is ended first, so that it takes no other along.
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
    """Return what a line holds, but for its date; the line where it is none of ours."""
    try:
        content = json.loads(line)
    except ValueError:
        return line
    return {**content, "date": None} if isinstance(content, dict) else line


def read_verdict(path: Path) -> dict[str, Any]:
    """Return a verdict on the code, config and baseline that are here now.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is of others, or is no verdict.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no verdict: the run ended before it had one")
    verdict = read_json(path)
    if not isinstance(verdict, dict) or not verdict.keys() >= {"verdict", "exit", "checks"}:
        raise ValueError(f"{path}: expected a verdict of `make regression`")
    if not is_current(verdict.get("judged")):
        raise ValueError(
            f"{path}: code, config or baseline have changed since this verdict of "
            f"{verdict.get('date')}: run the gate again"
        )
    return verdict
