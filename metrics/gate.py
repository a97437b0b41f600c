"""A verdict as an exit code, and as a line of a history.

    python -m metrics.gate --verdict results/regression/verdict.json --history history.jsonl

Ends with 0 for a pass, 1 for a regression, 2 where that could not be judged. With `--history` a
line is added to that file, unless it has the line already.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.files import read_json
from datasets.program import REFUSED, run_main

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

    A last line that was cut off is ended first, so that it takes no other along.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before = file.read()
        if line.encode() in before.split(b"\n"):
            return False
        start = b"\n" if before and not before.endswith(b"\n") else b""
        file.write(start + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verdict", type=Path, required=True)
    parser.add_argument("--history", type=Path, help="file to add a line to")
    given = parser.parse_args()
    verdict = read_json(given.verdict)
    if given.history:
        append_line(given.history, history_line(verdict))
    print(f"{verdict['verdict']}: {len(verdict['checks'])} comparisons, see {given.verdict.parent}")
    sys.exit(verdict["exit"])


if __name__ == "__main__":
    sys.exit(run_main(main, crashed=REFUSED))
