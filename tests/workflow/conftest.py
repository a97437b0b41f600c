"""The run that many of these tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.workflow.workdir import Workdir, make_workdir


@pytest.fixture(scope="session")
def small_run(made_once) -> Workdir:
    """A working directory in which the small run has finished. Never change it: copy it."""

    def make(path: Path) -> None:
        done = make_workdir(path).start_and_wait()
        assert done.returncode == 0, done.stderr

    return Workdir(made_once("small_run", make))
