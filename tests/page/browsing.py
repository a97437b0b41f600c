"""Chromium without a network, and what a page says and asks for while it is open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_GRAVE = ("serious", "critical")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium looks up its makers' hosts even where a page asks for nothing: no name has an address
_NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"


@dataclass(frozen=True)
class Opened:
    """A page that is open.

    Args:
        complaints: Errors and warnings on its console, and what it did not catch.
        requests: The address of each thing that was asked for.
    """

    page: Page
    complaints: list[str]
    requests: list[str]


def find_browser() -> str:
    """Return the path of a browser; the test that asks is skipped where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        names = ", ".join(_NAMES)
        pytest.skip(f"no browser: install one of {names} (Debian: apt install chromium)")
    return program


@contextmanager
def launch(program: str) -> Iterator[Browser]:
    """Yield a browser without a window or a network, in a home of its own."""
    flags = [_NO_NETWORK, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright, TemporaryDirectory(ignore_cleanup_errors=True) as home:
        browser = playwright.chromium.launch(
            executable_path=program, args=flags, env=_in_home(home)
        )
        yield browser
        browser.close()


def opened(context: BrowserContext, path: Path, state: str = "") -> Opened:
    """Return the page at a path; `state` is the part of its address that comes after #."""
    found = Opened(context.new_page(), [], [])
    found.page.set_default_timeout(10_000)
    found.page.on("console", lambda each: _note(found, each.type, each.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(path.as_uri() + (f"#{state}" if state else ""))
    return found


def grave_findings(page: Page) -> list[tuple[str, str]]:
    """Return what axe finds of how people are kept out, and the element."""
    return [
        (each["id"], node["html"])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in _GRAVE
        for node in each["nodes"]
    ]


def _in_home(home: str) -> dict[str, str | float | bool]:
    """Return the environment of a program that keeps nothing in the user's home."""
    user = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**user, "HOME": home}


def _note(found: Opened, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        found.complaints.append(f"{kind}: {text}")
