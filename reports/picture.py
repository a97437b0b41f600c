"""Take a screenshot of the top of the page for the documentation, in Chromium without a network.

python -m reports.picture --page reports/summary.html --state 'run=synthetic-youtube_vis'
    --width 1280 --height 1750 --output docs/page.png
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from datasets.io.files import replacing
from datasets.io.program import run_main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Chromium looks up hosts of its vendor even if a page requests nothing: resolve no name
_NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"
_DRAWN = """() => [...document.querySelectorAll(".figure")].every(
    each => !each.checkVisibility() || each.children.length)"""


@dataclass(frozen=True)
class View:
    """The part of the page in the screenshot.

    Args:
        state: Part of the page's URL after #.
        width_px: Width of the window.
        height_px: Height of the window.
    """

    state: str = ""
    width_px: int = 1280
    height_px: int = 1750


def take_picture(page: Path, view: View, output: Path) -> None:
    """Write a PNG of the page as seen in a window of the given size.

    Raises:
        FileNotFoundError: The page does not exist, or no browser is installed.
        ValueError: The page has no run of the state's name.
    """
    if not page.is_file():
        raise FileNotFoundError(f"{page}: no such file: run `make report` first")
    with _window(find_browser(), view) as tab:
        tab.goto(f"{page.resolve().as_uri()}#{view.state}")
        tab.wait_for_function(_DRAWN)
        asked, shown = tab.evaluate("[bench.state.get('run'), bench.run().id]")
        if asked and asked != shown:
            known = tab.evaluate("bench.data.runs.map(each => each.id)")
            raise ValueError(f"--state: expected a run among {known}, found {asked!r}")
        with replacing(output) as part:
            part.write_bytes(tab.screenshot())


def find_browser() -> str:
    """Return the path of a browser. Raise FileNotFoundError if none is installed."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        names = ", ".join(_BROWSERS)
        raise FileNotFoundError(
            f"no browser: install one of {names} (Debian: apt install chromium)"
        )
    return program


@contextmanager
def launch(program: str) -> Iterator[Browser]:
    """Yield a headless browser without a network and with its own home folder."""
    from playwright.sync_api import sync_playwright

    flags = [_NO_NETWORK, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright, TemporaryDirectory(ignore_cleanup_errors=True) as home:
        browser = playwright.chromium.launch(
            executable_path=program, args=flags, env=_in_home(home)
        )
        yield browser
        browser.close()


@contextmanager
def _window(program: str, view: View) -> Iterator[Page]:
    size: ViewportSize = {"width": view.width_px, "height": view.height_px}
    with launch(program) as browser:
        yield browser.new_context(offline=True, viewport=size, color_scheme="light").new_page()


def _in_home(home: str) -> dict[str, str | float | bool]:
    """Return environment variables under which a program writes nothing to the user's home."""
    user = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**user, "HOME": home}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=Path("reports/summary.html"), help="HTML file")
    parser.add_argument("--state", default=View.state, help="part of its URL after #")
    for name, default in (("width", View.width_px), ("height", View.height_px)):
        parser.add_argument(
            f"--{name}", type=int, default=default, help=f"{name} of the window in pixels"
        )
    parser.add_argument("--output", type=Path, required=True, help="PNG file")
    args = parser.parse_args()
    take_picture(args.page, View(args.state, args.width, args.height), args.output)


if __name__ == "__main__":
    sys.exit(run_main(main))
