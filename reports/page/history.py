"""Read the history of the gate for the page: each value over commits, with its interval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OLD_WORDS = {  # in lines written before version 0.11
    "pace": "relative step time",
    "NOT JUDGED": "NOT COMPARED",
    "could not judge": "undecided",
}


@dataclass(frozen=True)
class History:
    """The content of a history file.

    Args:
        verdicts: Verdicts of the gate, oldest first.
        unreadable: Number of lines without a verdict, such as a truncated one.
    """

    verdicts: list[Mapping[str, Any]]
    unreadable: int


def read_history(path: Path) -> History:
    """Return the verdicts in a JSON Lines file; none if the file does not exist."""
    lines = path.read_text(errors="replace").split("\n") if path.is_file() else []
    found = [_read(line) for line in lines if line.strip()]
    verdicts = [each for each in found if each is not None]
    return History(verdicts, len(found) - len(verdicts))


def page_part(history: History, names: Many[str]) -> dict[str, Any] | None:
    """Return the page's trend of the runs with the given names; None if there is no data.

    A point is [index, value, low, high, word]: the index in `verdicts`, the value, its interval and
    the verdict on it.

    Args:
        names: `dataset/protocol`, and `dataset` for relative step times.
    """
    points: dict[str, dict[str, list[list[Any]]]] = {}
    units: dict[str, str] = {}
    for index, verdict in enumerate(history.verdicts):
        for check in verdict["checks"]:
            if check["run"] in names and check["found"] is not None:
                units[check["metric"]] = check["unit"]
                series = points.setdefault(check["metric"], {}).setdefault(check["variant"], [])
                series.append([index, check["found"], *_band(check), check["verdict"]])
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
    return _renamed(found) if isinstance(found, dict) and "checks" in found else None


def _renamed(value: Any) -> Any:
    """Return a line of the history with the words of earlier versions replaced."""
    if isinstance(value, dict):
        return {key: _renamed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    return _OLD_WORDS.get(value, value) if isinstance(value, str) else value


def _band(check: Mapping[str, Any]) -> tuple[float, float]:
    """Return the interval of a value: as wide as that of its change, around the value."""
    value: float = check["found"]
    if check["low"] is None:
        return value, value
    half = (check["high"] - check["low"]) / 2
    half *= value if check["unit"] == "work" else 1  # the change of a relative step time is a ratio
    return value - half, value + half
