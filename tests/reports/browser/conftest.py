"""The page that most of the tests look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.page.history import write_history
from tests.support.page.page_room import BOXES, MASKS, render_room, write_run


@pytest.fixture(scope="session")
def made(made_once) -> Path:
    """The page of two runs: masks of two classes by three variants, boxes by two."""
    room = made_once("page", make_page)
    return room / "reports" / "summary.html"


def make_page(room: Path) -> None:
    runs = write_runs(room)
    write_history(room / "history.jsonl", f"{MASKS.dataset}/{MASKS.protocol}", ("a", "b"))
    render_room(room, runs, history="history.jsonl")


def write_runs(room: Path) -> list[dict[str, Any]]:
    return [write_run(room, wanted) for wanted in (MASKS, BOXES)]
