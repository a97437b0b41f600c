"""Two runs in one folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from workflow.run_lock import hold_lock

HOLD = (
    "import pathlib, subprocess, sys; from workflow.run_lock import hold_lock;"
    "lock = hold_lock(pathlib.Path(sys.argv[1]));"
    "job = subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL);"
    "print(job.pid, flush=True); sys.stdin.read()"
)


@pytest.fixture
def other(tmp_path):
    """A process that holds the lock, with a job that outlives it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run.lock")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    job = int(process.stdout.readline())
    yield process
    process.kill()
    process.communicate()
    subprocess.run(["kill", str(job)], check=True)


def test_a_second_run_is_refused_and_names_the_first(other, tmp_path):
    with pytest.raises(BlockingIOError, match=rf"another run .*process {other.pid}, since 20"):
        hold_lock(tmp_path / "run.lock")


def test_a_killed_run_leaves_no_lock_even_if_its_jobs_continue(other, tmp_path):
    other.kill()
    other.wait()
    hold_lock(tmp_path / "run.lock").close()


def test_each_folder_has_its_own_lock(other, tmp_path):
    hold_lock(tmp_path / "another" / "run.lock").close()


def test_the_lock_names_the_process_that_holds_it(tmp_path):
    path: Path = tmp_path / "run.lock"
    path.write_text("process 1, since long ago, and a rest of an older text")
    with hold_lock(path):
        assert path.read_text().startswith("process ")
        assert "older" not in path.read_text()
