"""More than 20,000 harmed files of every format: each is read, or refused with its name and place.

Readers run in a process of their own with 2 GiB of memory and five seconds a file, so that a crash,
a hang or an allocation without bound is a failure that names the input (tests/broken/run.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from broken.cases import all_cases
from conftest import ROOT

COUNT = 510  # files of each case
CASES = sorted(all_cases())
PARTS = 4


def test_there_are_enough():
    assert len(CASES) * COUNT >= 20_000


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_harmed_file_is_read_or_refused(part, tmp_path):
    names = CASES[part::PARTS]
    done = subprocess.run(
        [sys.executable, "-m", "broken.run", str(tmp_path), str(COUNT), *names],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = tmp_path / "current"
    assert done.returncode == 0, (last.is_file() and last.read_text(), done.stderr[-2000:])
    report = json.loads((tmp_path / "report.json").read_text())["cases"]
    assert [each["tried"] for each in report.values()] == [COUNT] * len(names)
    assert not [wrong for each in report.values() for wrong in each["wrong"][:3]]
    for name, each in report.items():
        assert 0 < each["read"] < COUNT, name  # some are harmless, and some are refused
