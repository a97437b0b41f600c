"""The page that most of the tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_room import BOXES, MASKS, render_room, write_run


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """The page of two runs: masks of two classes by three variants, boxes by two."""
    room = tmp_path_factory.mktemp("made")
    return render_room(room, [write_run(room, wanted) for wanted in (MASKS, BOXES)])
