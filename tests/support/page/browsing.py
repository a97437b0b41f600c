"""Pages in Chromium without a network, with their console messages and requests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

_PATIENCE_MS = 600_000  # a busy machine is no error
_GRAVE = ("serious", "critical")
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Opened:
    """An open page.

    Args:
        complaints: Console errors, console warnings and uncaught exceptions.
        requests: URLs of all requests.
    """

    page: Page
    console_messages: list[str]
    requests: list[str]


def find_browser() -> str:
    """Return the path of a browser; skip the calling test if none is installed."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        names = ", ".join(_NAMES)
        pytest.skip(f"no browser: install one of {names} (Debian: apt install chromium)")
    return program


def opened(context: BrowserContext, path: Path, state: str = "") -> Opened:
    """Return the opened page of a file; `state` is the part of its URL after #."""
    found = Opened(context.new_page(), [], [])
    found.page.set_default_timeout(_PATIENCE_MS)
    found.page.on("console", lambda each: _note(found, each.type, each.text))
    found.page.on("pageerror", lambda error: found.console_messages.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(path.as_uri() + (f"#{state}" if state else ""))
    return found


def grave_findings(page: Page) -> list[tuple[str, str]]:
    """Return the serious accessibility violations found by axe, with their elements."""
    return [
        (each["id"], node["html"])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in _GRAVE
        for node in each["nodes"]
    ]


def _note(found: Opened, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        found.console_messages.append(f"{kind}: {text}")
