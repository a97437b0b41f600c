"""External programs in the workflow: beside ours, in an environment of their own, and failing."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from room import Room, make_room

pytestmark = pytest.mark.slow

CONFIG = """
run:
  - dataset: synthetic
    variants: [sort, alone, crashes, homeless]
    clock: [crossing]
datasets:
  synthetic:
    sequences: [crossing]
clock: {frames: 30, warm_up: 5, repeats: 2}
variants:
  alone: &program
    method: external
    title: Alone
    options: &options
      environment: empty
      command: ["{environment}/bin/python", "{repository}/mine/alone.py", "{sequence}", "{output}"]
  crashes:
    method: external
    options: {command: [sh, -c, "echo 'no <GPU>' >&2; exit 3", "{sequence}", "{output}"]}
  homeless:
    method: external
    options: {<<: *options, environment: missing}
"""
PLACE = "trackers/methods/external/environments"


def program() -> str:
    """Return the external program that the documentation shows in full."""
    text = (ROOT / "docs" / "adding_a_tracker.md").read_text()
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Room:
    """A room in which a run has finished that two programs failed."""
    place = tmp_path_factory.mktemp("external")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_OFFLINE", "1")
        patch.setenv("UV_CACHE_DIR", str(place / "cache"))
        room = make_room(place / "room")
        room.write("config/small.yaml", CONFIG)
        room.write("mine/alone.py", program())
        room.write(f"{PLACE}/empty.txt", "# nothing but Python\n")
        room.write(f"{PLACE}/missing.txt", f"no-such-package==1.0 --hash=sha256:{64 * '0'}\n")
        done = room.snakemake("--keep-going")
    assert done.returncode != 0
    assert "Error in rule external" in done.stdout + done.stderr
    return room


def test_programs_that_fail_leave_a_reason_and_the_others_on_the_page(room):
    page = room.page()
    assert "error: exit code 3; printed last as error: no &lt;GPU&gt;" in page
    assert "homeless on synthetic/crossing: environment" in page
    assert "missing.txt: uv pip install: exit code 1" in page
    row = page.split('">Alone', 1)[1].split("</tr>", 1)[0]
    assert re.search(r"<td[^>]*>\d+\.\d+</td>", row)
    assert '<small class="mark">whole process</small>' in row
    assert "marked “whole process”: Alone." in page


def test_an_edit_of_a_program_or_of_its_environment_reruns_it_alone(room, tmp_path):
    room = room.copy(tmp_path / "room")
    room.edit("config/small.yaml", "[sort, alone, crashes, homeless]", "[sort, alone]")
    assert room.snakemake().returncode == 0
    assert room.jobs() == {}
    rerun = {"external": 1, "score": 1, "combine": 1, "compare": 1, "speed": 1}
    rerun |= {"gallery": 1, "heatmap": 1, "report": 1}
    room.edit("mine/alone.py", "row.split", "str(row).split")
    assert room.jobs() == rerun
    room.edit("mine/alone.py", "str(row).split", "row.split")
    room.edit(f"{PLACE}/empty.txt", "nothing but", "only")
    assert room.jobs() == {"environment": 1, **rerun}
