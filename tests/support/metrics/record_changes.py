"""Changes of the JSON files of an example, for the tables of tests/metrics/inputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.support.metrics.inputs import Change, Files

TRUTH, RESULTS = "truth.json", "results.json"
Record = dict[str, Any]


def write(path: Path, content: Any) -> None:
    """Write a JSON file."""
    path.write_text(json.dumps(content))


def records(key: str, change: Callable[[Record], Any], which: list[int] | None = None) -> Change:
    """Return the change of some results, or of some records of a list of the ground truth."""

    def apply(files: Files) -> None:
        for place, record in enumerate(_listed(files, key)):
            if which is None or place in which:
                change(record)

    return apply


def put(key: str, which: list[int] | None = None, **fields: Any) -> Change:
    """Return the change that sets fields of records."""
    return records(key, lambda record: record.update(deepcopy(fields)), which)


def renamed(key: str, name: Callable[[Any], Any], *fields: str) -> Change:
    """Return the change of fields of all records by a function."""
    return records(key, lambda r: r.update({field: name(r[field]) for field in fields}))


def dropped(key: str, field: str, which: list[int] | None = None) -> Change:
    """Return the change that removes a field of records."""
    return records(key, lambda record: record.pop(field), which)


def extra(key: str, place: int, **fields: Any) -> Change:
    """Return the change that adds a record, a changed copy of the second, at a place."""

    def apply(files: Files) -> None:
        listed = _listed(files, key)
        listed.insert(place, deepcopy(listed[1]) | fields)

    return apply


def _listed(files: Files, key: str) -> list[Record]:
    found: list[Record] = files[RESULTS] if key == "results" else files[TRUTH][key]
    return found
