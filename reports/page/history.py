"""The verdicts of the gate so far, for the page: each number over commits, with its noise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class History:
    """What a history holds.

    Args:
        verdicts: The oldest first.
        unreadable: Lines that hold none, as one that was cut off.
    """

    verdicts: list[Mapping[str, Any]]
    unreadable: int


def read_history(path: Path) -> History:
    """Return the verdicts of a file of JSON lines; none where there is no file."""
    lines = path.read_text(errors="replace").split("\n") if path.is_file() else []
    found = [_read(line) for line in lines if line.strip()]
    verdicts = [each for each in found if each is not None]
    return History(verdicts, len(found) - len(verdicts))


def page_part(history: History, names: Many[str]) -> dict[str, Any] | None:
    """Return what the page shows of the runs of some names; None where there is nothing.

    A point is [verdict, value, low, high, word]: which verdict of `verdicts`, the number, and how
    far it may be off.

    Args:
        names: `dataset/protocol`, and `dataset` for paces.
    """
    points: dict[str, dict[str, list[list[Any]]]] = {}
    units: dict[str, str] = {}
    for place, verdict in enumerate(history.verdicts):
        for check in verdict["checks"]:
            if check["run"] in names and check["found"] is not None:
                units[check["metric"]] = check["unit"]
                mine = points.setdefault(check["metric"], {}).setdefault(check["variant"], [])
                mine.append([place, check["found"], *_band(check), check["verdict"]])
    if not points:
        return None
    kept = ("date", "commit", "verdict")
    return {
        "verdicts": [{key: each[key] for key in kept} for each in history.verdicts],
        "units": units,
        "points": points,
        "unreadable": history.unreadable,
    }


def _read(line: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "checks" in found else None


def _band(check: Mapping[str, Any]) -> tuple[float, float]:
    """Return the ends of a number's noise: the interval of its change, around the number."""
    value: float = check["found"]
    if check["low"] is None:
        return value, value
    half = (check["high"] - check["low"]) / 2
    half *= value if check["unit"] == "work" else 1  # the change of a pace is a share
    return value - half, value + half
