"""The JSON file of a run: written again after each message, so that a cut run leaves what it had.

    {"schema": 1, "date": ..., "commit": ..., "device": "cuda", "size": "full", "ended": "running",
     "steps": [{"name": ..., "what": ..., "ended": "done", "seconds": ..., "budget_s": ...,
                "gpu": {"before": {...}, "after": {...}}, "facts": {...}, "rows": [...]}, ...]}

A step `ended` as one of `not reached`, `running`, `done`, `absent` (what it needs is not installed
or not supported), `failed` (an error), `crashed` (its process ended), `cut` (it used up its time),
`skipped` (no time was left, or it was not asked for), with a `reason`. Texts are anonymous.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from bench.gpu.anonymous import anonymous
from bench.gpu.plan import Step
from datasets.io.files import read_json, write_json

SCHEMA = 1
FAULTY = ("failed", "crashed")
NOT_SELECTED = "not among --steps"  # reason of steps that were not asked for


class Record:
    """The record of a run, on disk at any time.

    Args:
        path: The JSON file.
        head: Facts about the run.
        steps: The steps of the run.
    """

    def __init__(self, path: Path, head: Mapping[str, Any], steps: Iterable[Step]) -> None:
        self._path = path
        self._steps: dict[str, dict[str, Any]] = {
            step.name: {
                "name": step.name,
                "what": step.what,
                "ended": "not reached",
                "budget_s": step.budget_s,
            }
            for step in steps
        }
        self.content = {"schema": SCHEMA, **anonymous(dict(head)), "ended": "running"}
        self.content["steps"] = [*self._steps.values()]
        self._write()

    def add(self, name: str, message: Mapping[str, Any]) -> None:
        """Add a message of a step: `facts`, a `row`, the state of the `gpu`, or its end."""
        step, found = self._steps[name], _finite(anonymous(dict(message)))
        for key in ("facts", "gpu"):
            if key in found:
                step.setdefault(key, {}).update(found.pop(key))
        if "row" in found:
            step.setdefault("rows", []).append(found.pop("row"))
        step.update(found)
        self._write()

    def end(self, how: str) -> None:
        """Write how the run ended."""
        self.content["ended"] = how
        self._write()

    def _write(self) -> None:
        write_json(self._path, self.content)


def _finite(value: Any) -> Any:
    """Return JSON values with numbers that JSON lacks, such as NaN, as texts."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def read_record(path: Path) -> dict[str, Any]:
    """Return the content of a record.

    Raises:
        ValueError: The file is not the record of a run. Names the file.
    """
    content = read_json(path)
    found = content.get("schema") if isinstance(content, dict) else None
    if found != SCHEMA or not isinstance(content.get("steps"), list):
        raise ValueError(f"{path}: schema: expected {SCHEMA}, found {found!r}")
    record: dict[str, Any] = content
    return record


def faults(record: Mapping[str, Any]) -> list[str]:
    """Return the names of steps that failed, crashed or found results that do not agree."""
    return [
        step["name"]
        for step in record["steps"]
        if step["ended"] in FAULTY or step.get("facts", {}).get("agrees") is False
    ]
