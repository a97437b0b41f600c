"""A browser that cannot reach the network, and pages to open in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import NAMES, Opened, launch, opened
from page_room import BOXES, MASKS, render_room, write_run
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this machine; tests are skipped where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(NAMES)} (Debian: apt install chromium)")
    with launch(program) as browser:
        yield browser


@pytest.fixture
def look(browser) -> Iterator[Callable[..., Opened]]:
    """A function that opens a page, with the options of a context of Playwright."""
    contexts = []

    def look(path: Path, state: str = "", **options) -> Opened:
        contexts.append(browser.new_context(offline=True, **options))
        return opened(contexts[-1], path, state)

    yield look
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """The page of two runs: masks of two classes by three variants, boxes by two."""
    room = tmp_path_factory.mktemp("made")
    return render_room(room, [write_run(room, wanted) for wanted in (MASKS, BOXES)])
