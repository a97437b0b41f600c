"""The gate as its users run it: a baseline, a pass, a regression, a variant that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from datasets.io.files import read_json
from tests.support.workflow.workdir import SMALL, TARGET, Workdir

pytestmark = pytest.mark.slow

GATE = """
regression:
  baseline: config/baselines/small.json
  timed: [sort]
  processes: 2
  frames: 10
  passes: {min: 2, max: 2}
"""


VIRTUAL_TIME = """
import sys
from time import monotonic

sys.virtual_ns = 0


def perf_counter_ns():
    sys.virtual_ns += 1000
    return sys.virtual_ns


process_time_ns = perf_counter_ns
"""


def gate(workdir: Workdir, target: str = "regression", *arguments: str) -> int:
    """Return the exit code of the README's command with a different target."""
    command = [target if word == TARGET else word for word in workdir.command(*arguments)]
    return workdir.run(*command[1:]).returncode


def verdict(workdir: Workdir) -> dict:
    return read_json(workdir.path / "results" / "regression" / "verdict.json")


def words(workdir: Workdir) -> dict[tuple[str, str], str]:
    return {
        (each["variant"], each["metric"]): each["verdict"] for each in verdict(workdir)["checks"]
    }


def exit_code(workdir: Workdir) -> int:
    """Return the exit code of the gate for the verdict in the working directory."""
    path = "results/regression/verdict.json"
    command = [sys.executable, "-m", "metrics.gate", "--verdict", path]
    return subprocess.run(command, cwd=workdir.path, capture_output=True, check=False).returncode


def tracked(workdir: Workdir) -> dict[str, int]:
    """Return the modification times of the tracks."""
    found = workdir.path.glob("results/*/synthetic/*/tracks.parquet")
    return {str(path): path.stat().st_mtime_ns for path in found}


def history(workdir: Workdir) -> list[str]:
    path = workdir.path / "results" / "regression" / "history.jsonl"
    return path.read_text().splitlines()


@pytest.fixture(scope="module")
def passed(made_once, small_run, tmp_path_factory) -> Workdir:
    """A working directory with a baseline of accuracy (the machine may be busy) and a verdict."""

    def make(path: Path) -> None:
        workdir = small_run.copy(path)
        workdir.write("config/small.yaml", SMALL + GATE)
        assert gate(workdir, "baseline", "config/accuracy_gate.yaml") == 0
        assert (path / "config" / "baselines" / "small.json").is_file()
        assert gate(workdir) == 0

    return Workdir(made_once("passed", make)).copy(tmp_path_factory.mktemp("passed") / "workdir")


@pytest.fixture
def workdir(passed, tmp_path) -> Workdir:
    return passed.copy(tmp_path / "workdir")


def test_an_unchanged_run_passes_and_leaves_its_files(passed):
    assert verdict(passed)["verdict"] == "pass"
    found = words(passed)
    assert found["sort", "HOTA"] == found["bytetrack", "IDF1"] == "SAME"
    assert found["sort", "relative step time"] == "NEW"  # the baseline has no speed
    assert ("bytetrack", "relative step time") not in found
    files = passed.path / "results" / "regression"
    root = ElementTree.parse(files / "junit.xml").getroot()
    assert len(root.findall(".//testcase")) == len(verdict(passed)["checks"]) == 7
    assert (files / "verdict.md").read_text().startswith("## No regression")
    assert len(history(passed)) == 1


def test_a_second_run_tracks_nothing_and_has_the_same_verdict(workdir):
    before = tracked(workdir)
    assert gate(workdir) == 0
    assert tracked(workdir) == before
    assert exit_code(workdir) == 0
    assert len(history(workdir)) == 1


def test_a_worse_tracker_is_a_regression_and_the_page_shows_it(workdir):
    workdir.edit(
        "config/trackers.yaml", "method: sort\n", "method: sort\n    options: {min_hits: 9}\n"
    )
    assert gate(workdir) != 0
    assert (verdict(workdir)["exit"], words(workdir)["sort", "HOTA"]) == (1, "WORSE")
    assert words(workdir)["bytetrack", "HOTA"] == "SAME"
    assert len(history(workdir)) == 2
    assert workdir.snakemake().returncode == 0
    assert 'id="trend"' in workdir.page()


def test_a_variant_that_fails_is_a_regression_and_the_earlier_pass_is_gone(workdir):
    workdir.edit(
        "trackers/methods/sort/tracker.py", "def build(", "raise RuntimeError\n\n\ndef build("
    )
    assert gate(workdir) != 0
    assert (verdict(workdir)["exit"], words(workdir)["sort", "results"]) == (1, "MISSING")
    assert words(workdir)["bytetrack", "HOTA"] == "SAME"
    assert len(history(workdir)) == 2


def test_a_tracker_that_cannot_be_imported_leaves_no_earlier_verdict(workdir):
    workdir.edit("trackers/methods/sort/tracker.py", "def build(", "def broken(:\n\n\ndef build(")
    assert exit_code(workdir) == 2, "the verdict belongs to earlier code"
    assert gate(workdir) != 0
    left = workdir.path / "results" / "regression"
    assert [path.name for path in left.iterdir()] == ["history.jsonl"]
    assert exit_code(workdir) == 2


def install_virtual_time(workdir: Workdir) -> None:
    """Give the timing of steps a clock that advances by 1 µs at each reading."""
    workdir.write("trackers/timing/virtual_time.py", VIRTUAL_TIME)
    for name in ("timed_passes", "calibration", "calibrated_clock"):
        module = f"trackers/timing/{name}.py"
        workdir.edit(module, "from time import", "from trackers.timing.virtual_time import")


def test_another_commit_is_timed_in_turns_with_the_working_tree(workdir):
    install_virtual_time(workdir)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=base"]):
        subprocess.run([*git, *command], cwd=workdir.path, check=True)
    workdir.edit(
        "trackers/methods/sort/tracker.py",
        "frame: Frame) -> TrackerOutput:\n",
        "frame: Frame) -> TrackerOutput:\n"
        "        import sys\n\n        sys.virtual_ns = getattr(sys, 'virtual_ns', 0) + 5000\n",
    )
    workdir.edit("trackers/methods/bytetrack/tracker.py", "def build(", "1 / 0\n\n\ndef build(")
    command = [sys.executable, "-m", "workflow.gate.against", "--commit=HEAD"]
    command += ["--configfile", "config/small.yaml"]
    done = subprocess.run(
        command,
        cwd=workdir.path,
        env=workdir.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = words(workdir)
    assert found["sort", "HOTA"] == "SAME", done.stderr
    assert found["sort", "relative step time"] == "WORSE"
    assert found["bytetrack", "results"] == "MISSING"
    assert verdict(workdir)["commit"].endswith("-dirty")
    assert exit_code(workdir) == 1


def test_without_a_baseline_there_is_no_verdict(workdir):
    (workdir.path / "config" / "baselines" / "small.json").unlink()
    assert gate(workdir, "regression", "--forcerun", "verdict") != 0
    assert verdict(workdir)["exit"] == 2
    assert "no such baseline" in verdict(workdir)["checks"][0]["why"]
