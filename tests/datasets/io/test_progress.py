from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import termios
from types import SimpleNamespace

import pytest

from datasets.io.progress import Progress, progress
from tests.support.paths import ROOT

LOOP = """
import sys
from datasets.io.progress import progress
for _ in progress(range(3), "crowd", "frame"):
    pass
print("tqdm" in sys.modules)
"""


def on_a_terminal(code):
    """Return the standard output of a program, and what it writes to a terminal as stderr."""
    reader, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=terminal,
            check=True,
            text=True,
        )
        return done.stdout, os.read(reader, 100_000).decode()
    finally:
        os.close(terminal)
        os.close(reader)


def test_a_terminal_shows_a_bar():
    printed, shown = on_a_terminal(LOOP)
    assert printed == "True\n"
    assert re.search(r"\rcrowd: 100%.*\| 3/3 \[.*frame/s\]", shown)


def test_a_log_file_has_no_bar_and_tqdm_is_not_imported():
    done = subprocess.run(
        [sys.executable, "-c", LOOP], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize(
    ("total", "lines"),
    [
        (9, ["crowd: 3 of 9 frames", "crowd: 6 of 9 frames", "crowd: 9 of 9 frames"]),
        (None, ["crowd: 3 frames", "crowd: 6 frames", "crowd: 9 frames"]),
    ],
)
def test_without_a_terminal_a_line_is_printed_every_ten_seconds(monkeypatch, total, lines):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    clock = SimpleNamespace(now_s=0)
    counter = Progress("crowd", "frame", total, now=lambda: clock.now_s)
    for _ in range(9):
        clock.now_s += 4
        counter.update()
    assert sys.stderr.getvalue().splitlines() == lines


def test_a_loop_yields_the_items_unchanged():
    assert list(progress(iter("abc"), "crowd", "frame")) == ["a", "b", "c"]


def test_no_other_module_uses_tqdm():
    found = [
        path
        for folder in ("bench", "datasets", "metrics", "reports", "trackers", "workflow")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(from|import) tqdm", path.read_text(), re.MULTILINE)
    ]
    assert found == [ROOT / "datasets" / "io" / "progress.py"]
