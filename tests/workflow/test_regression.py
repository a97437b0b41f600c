"""The gate as its users run it: a baseline, a pass, a loss, a variant that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from datasets.io.files import read_json
from tests.support.workflow.room import SMALL, TARGET, Room, make_room

pytestmark = pytest.mark.slow

GATE = """
regression:
  baseline: config/baselines/small.json
  timed: [sort]
  processes: 2
  frames: 10
  passes: {least: 2, most: 2}
"""


def gate(room: Room, target: str = "regression", *arguments: str) -> int:
    """Return the exit code of the README's command with another target."""
    command = [target if word == TARGET else word for word in room.command(*arguments)]
    done = subprocess.run(
        command, cwd=room.path, env=room.environment(), capture_output=True, text=True, check=False
    )
    return done.returncode


def verdict(room: Room) -> dict:
    return read_json(room.path / "results" / "regression" / "verdict.json")


def words(room: Room) -> dict[tuple[str, str], str]:
    return {(each["variant"], each["metric"]): each["verdict"] for each in verdict(room)["checks"]}


def exit_code(room: Room) -> int:
    """Return the code of the gate for what lies in the room."""
    path = "results/regression/verdict.json"
    command = [sys.executable, "-m", "metrics.gate", "--verdict", path]
    return subprocess.run(command, cwd=room.path, capture_output=True, check=False).returncode


def tracked(room: Room) -> dict[str, int]:
    """Return when the tracks were written."""
    found = room.path.glob("results/*/synthetic/*/tracks.parquet")
    return {str(path): path.stat().st_mtime_ns for path in found}


def history(room: Room) -> list[str]:
    path = room.path / "results" / "regression" / "history.jsonl"
    return path.read_text().splitlines()


@pytest.fixture(scope="module")
def passed(made_once, tmp_path_factory) -> Room:
    """A room with a baseline of accuracy, as the machine may be busy, and a verdict beside it."""

    def make(path: Path) -> None:
        room = make_room(path)
        room.write("config/small.yaml", SMALL + GATE)
        assert gate(room, "baseline", "config/accuracy_gate.yaml") == 0
        assert (path / "config" / "baselines" / "small.json").is_file()
        assert gate(room) == 0

    return Room(made_once("passed", make)).copy(tmp_path_factory.mktemp("passed") / "room")


@pytest.fixture
def room(passed, tmp_path) -> Room:
    return passed.copy(tmp_path / "room")


def test_an_unchanged_run_passes_and_leaves_its_files(passed):
    assert verdict(passed)["verdict"] == "pass"
    found = words(passed)
    assert found["sort", "HOTA"] == found["bytetrack", "IDF1"] == "SAME"
    assert found["sort", "pace"] == "NEW"  # the baseline has no speed
    assert ("bytetrack", "pace") not in found
    files = passed.path / "results" / "regression"
    root = ElementTree.parse(files / "junit.xml").getroot()
    assert len(root.findall(".//testcase")) == len(verdict(passed)["checks"]) == 7
    assert (files / "verdict.md").read_text().startswith("## No regression")
    assert len(history(passed)) == 1


def test_asked_again_it_tracks_nothing_anew_and_says_the_same(room):
    before = tracked(room)
    assert gate(room) == 0
    assert tracked(room) == before
    assert exit_code(room) == 0
    assert len(history(room)) == 1


def test_a_worse_tracker_is_a_regression_and_the_page_shows_it(room):
    room.edit(
        "config/trackers.yaml", "method: sort\n", "method: sort\n    options: {min_hits: 9}\n"
    )
    assert gate(room) != 0
    assert (verdict(room)["exit"], words(room)["sort", "HOTA"]) == (1, "WORSE")
    assert words(room)["bytetrack", "HOTA"] == "SAME"
    assert len(history(room)) == 2
    assert room.snakemake().returncode == 0
    assert 'id="trend"' in room.page()


def test_a_variant_that_fails_is_a_regression_and_the_pass_of_before_does_not_stand(room):
    room.edit(
        "trackers/methods/sort/tracker.py", "def build(", "raise RuntimeError\n\n\ndef build("
    )
    assert gate(room) != 0
    assert (verdict(room)["exit"], words(room)["sort", "results"]) == (1, "MISSING")
    assert words(room)["bytetrack", "HOTA"] == "SAME"
    assert len(history(room)) == 2


def test_a_tracker_that_cannot_be_imported_leaves_no_verdict_of_before(room):
    room.edit("trackers/methods/sort/tracker.py", "def build(", "def broken(:\n\n\ndef build(")
    assert exit_code(room) == 2, "the verdict is of the code before"
    assert gate(room) != 0
    left = room.path / "results" / "regression"
    assert [path.name for path in left.iterdir()] == ["history.jsonl"]
    assert exit_code(room) == 2


def test_another_commit_is_run_in_turns_with_what_is_here_uncommitted_changes_too(room):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=base"]):
        subprocess.run([*git, *command], cwd=room.path, check=True)
    room.edit(
        "trackers/methods/sort/tracker.py",
        "frame: Frame) -> Answer:\n",
        "frame: Frame) -> Answer:\n        sum(range(50_000))\n",
    )
    room.edit("trackers/methods/bytetrack/tracker.py", "def build(", "1 / 0\n\n\ndef build(")
    command = [sys.executable, "-m", "workflow.gate.against", "--commit=HEAD"]
    command += ["--configfile", "config/small.yaml"]
    done = subprocess.run(
        command, cwd=room.path, env=room.environment(), capture_output=True, text=True, check=False
    )
    found = words(room)
    assert found["sort", "HOTA"] == "SAME", done.stderr
    assert found["sort", "pace"] == "WORSE"
    assert found["bytetrack", "results"] == "MISSING"
    assert verdict(room)["commit"].endswith("-dirty")
    assert exit_code(room) == 1


def test_without_a_baseline_nothing_can_be_judged(room):
    (room.path / "config" / "baselines" / "small.json").unlink()
    assert gate(room, "regression", "--forcerun", "judge") != 0
    assert verdict(room)["exit"] == 2
    assert "no such baseline" in verdict(room)["checks"][0]["why"]
