"""The page that most of these tests open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.page.history import write_history
from tests.support.page.page_workdir import BOXES, MASKS, render_workdir, write_run


@pytest.fixture(scope="session")
def made(made_once) -> Path:
    """The page of two runs: masks of two classes by three variants, boxes by two."""
    workdir = made_once("page", make_page)
    return workdir / "reports" / "summary.html"


def make_page(workdir: Path) -> None:
    runs = write_runs(workdir)
    write_history(workdir / "history.jsonl", f"{MASKS.dataset}/{MASKS.protocol}", ("a", "b"))
    render_workdir(workdir, runs, history="history.jsonl")


def write_runs(workdir: Path) -> list[dict[str, Any]]:
    return [write_run(workdir, wanted) for wanted in (MASKS, BOXES)]
