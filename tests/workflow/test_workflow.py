"""The workflow as a user runs it: new methods, reruns, failures, kills."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.messages import message_pattern
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from tests.support.workflow.workdir import TARGET, Workdir, make_workdir
from trackers.profiling.machine import usable_cores
from workflow.run_lock import LOCK, hold_lock

pytestmark = pytest.mark.slow


OF_A_VARIANT = {
    "track": 1,
    "score": 1,
    "combine": 1,
    "compare": 1,
    "clock": 1,
    "speed": 1,
    "gallery": 1,
    "heatmap": 1,
    "report": 1,
}  # jobs of one of the small config's variants
OF_BOTH = {**dict.fromkeys(OF_A_VARIANT, 2), "compare": 1, "report": 1}
PREPARED = {**OF_BOTH, "prepare": 1, "pictures": 1}


@pytest.fixture(scope="module")
def finished(small_run, tmp_path_factory) -> Workdir:
    """A working directory in which the small run has finished. Copy it to change it."""
    return small_run.copy(tmp_path_factory.mktemp("finished") / "workdir")


@pytest.fixture
def workdir(finished, tmp_path) -> Workdir:
    return finished.copy(tmp_path / "workdir")


def test_the_page_holds_every_variant_and_needs_no_network(finished):
    page = finished.page()
    for text in ("SORT", "ByteTrack", "Synthetic people", "2 of 2 results are traced"):
        assert text in page
    assert "<script src" not in page
    assert "<link" not in page
    assert "This run did not finish" not in page


def test_the_page_opens_in_a_browser_without_errors(finished, look):
    page = finished.path / TARGET
    found = look(page)
    assert found.page.locator("#verdict tbody tr").count() == 2
    assert found.page.inner_text("#gallery-check").startswith("Checked")
    assert found.console_messages == []
    assert [each for each in found.requests if not each.startswith((page.as_uri(), "data:"))] == []


def test_a_second_run_has_nothing_to_do(finished):
    done = finished.start_and_wait()
    assert "Nothing to be done" in done.stdout + done.stderr


def test_without_a_cores_flag_the_profile_gives_all_cores_to_timed_jobs(finished):
    bare = [word for word in finished.command() if word not in ("--cores", "all")]
    for flags in (["--dry-run", "--forcerun", "clock"], ["--summary"]):
        done = finished.run(*bare[1:], *flags)
        assert done.returncode == 0, done.stderr
        if "clock" in flags and usable_cores() > 1:
            assert f"threads: {usable_cores()}" in done.stdout + done.stderr


def test_a_second_run_in_the_folder_is_refused_and_a_dry_run_is_not(finished):
    page = finished.page()
    with hold_lock(finished.path / LOCK):
        assert finished.jobs("--forcerun", "report") == {"report": 1}
        done = finished.snakemake("--forcerun", "report")
    assert done.returncode == 1
    assert f"another run is active in {finished.path} (process {os.getpid()}, " in done.stderr
    assert finished.page() == page


def test_an_existing_baseline_is_not_replaced_without_confirmation(finished):
    baseline = finished.path / "config" / "baselines" / "default.json"
    before = baseline.read_bytes()
    command = ["baseline" if word == TARGET else word for word in finished.command()]
    done = finished.run(*command[1:])
    assert done.returncode == 1
    assert "config/baselines/default.json exists: a new baseline would replace it" in done.stderr
    assert "make baseline ACCEPT=1" in done.stderr
    assert baseline.read_bytes() == before
    assert not (finished.path / "logs" / "relative_step_time").exists(), (
        "refused before anything runs"
    )


def test_make_clean_keeps_files_not_made_by_rules(workdir):
    (workdir.path / "data" / "weights").mkdir()
    made = {path for path in workdir.path.rglob("*") if path.is_file()}
    users = [
        "data/MOT17/train/MOT17-02/gt/gt.txt",
        "data/own/walk/sequence.json",
        "data/weights/mine.pt",
        "engines/mine/fp16/networks.json",
        "results/regression/history.jsonl",
        "results/sort/synthetic/crossing/notes.txt",
        "reports/media/synthetic/frames/crossing/mine.png",
        "report.html",
    ]
    for name in users:
        workdir.write(name, "mine")
    command = [sys.executable, "-m", "workflow.clean"]
    done = subprocess.run(
        command,
        cwd=workdir.path,
        env=workdir.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    places = ("data/", "engines/", "logs/", "results/", "reports/media/", "reports/summary.html")
    left = {
        str(path.relative_to(workdir.path)) for path in workdir.path.rglob("*") if path.is_file()
    }
    assert {name for name in left if name.startswith(places)} == set(users) - {"report.html"}
    assert "report.html" in left
    code = {path for path in made if path.suffix in (".py", ".smk", ".yaml", ".safetensors")}
    assert all(path.is_file() for path in code), "no file of the repository was removed"
    assert sum(workdir.jobs().values()) == sum(PREPARED.values())


def test_a_touch_of_code_and_a_comment_rerun_nothing(workdir):
    for path in workdir.path.rglob("*.py"):
        path.touch()
    workdir.edit("trackers/methods/sort/tracker.py", "def build(", "# a comment\ndef build(")
    assert workdir.jobs() == {}


def test_a_change_in_one_method_reruns_that_method(workdir):
    workdir.edit(
        "trackers/methods/sort/options.py",
        "iou_threshold: UnitInterval = 0.3",
        "iou_threshold: UnitInterval = 0.4",
    )
    assert workdir.jobs() == OF_A_VARIANT


def test_a_change_in_a_part_reruns_the_methods_that_import_it(workdir):
    before = workdir.append_code("trackers/parts/box_motion.py")
    assert workdir.jobs() == OF_BOTH
    workdir.write("trackers/parts/box_motion.py", before)
    assert workdir.jobs() == {}


def test_a_change_of_the_prompts_reruns_prepare(workdir):
    corners = '{"xmin": 1, "ymin": 2, "xmax": 30, "ymax": 40}'
    prompts = '{"annotation": {"object": {"name": "one", "bndbox": ' + corners + "}}}"
    workdir.write("first.json", prompts)
    here = "sequences: [crossing]"
    workdir.edit("config/small.yaml", here, f"{here}\n    prompts: first.json")
    assert workdir.jobs() == PREPARED
    assert workdir.snakemake("--until", "prepare").returncode == 0
    assert "prepare" not in workdir.jobs()
    workdir.edit("first.json", "30", "31")
    assert workdir.jobs() == PREPARED


def test_a_change_in_the_clock_reruns_no_tracking(workdir):
    workdir.append_code("trackers/timing/timed_passes.py")
    assert workdir.jobs() == {"clock": 2, "speed": 2, "report": 1}


def test_a_change_in_a_family_reruns_scores(workdir):
    workdir.append_code("metrics/families/hota.py")
    assert workdir.jobs() == {"score": 2, "combine": 2, "compare": 1, "gallery": 2, "report": 1}


def test_a_change_in_the_template_reruns_the_page(workdir):
    workdir.edit("reports/page/page.html.j2", "Tracker comparison", "Trackers compared")
    assert workdir.jobs() == {"report": 1}


def test_a_change_in_the_code_of_the_page_reruns_the_page(workdir):
    workdir.append_code("reports/page/provenance.py")
    assert workdir.jobs() == {"report": 1}


@pytest.mark.parametrize("cores", ["1", "7"])  # the run itself used all there are
def test_a_different_number_of_cores_reruns_nothing(finished, cores):
    assert finished.jobs("--cores", cores) == {}


def test_a_change_of_an_option_reruns_its_variant(workdir):
    workdir.edit(
        "config/trackers.yaml", "method: sort\n", "method: sort\n    options: {max_age: 2}\n"
    )
    assert workdir.jobs() == OF_A_VARIANT


def test_a_change_in_the_reader_reruns_everything_it_reads(workdir):
    workdir.append_code("datasets/synthesis/texture.py")
    assert workdir.jobs() == PREPARED


def test_a_new_variant_makes_its_jobs_only(workdir):
    workdir.edit("config/small.yaml", "[sort, bytetrack]", "[sort, bytetrack, deepsort]")
    assert workdir.jobs() == OF_A_VARIANT


def example() -> str:
    """Return the complete method from the documentation."""
    text = (ROOT / "docs" / "adding_a_tracker.md").read_text()
    return re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]


WORK = "detections = select(frame.detections, self._min_score)"


def add_method(workdir: Workdir, broken: str = WORK) -> None:
    """Add the example as one folder and one entry, and name the entry in the run."""
    workdir.write("trackers/methods/nearest/__init__.py", "")
    workdir.write("trackers/methods/nearest/tracker.py", example())
    workdir.edit("trackers/methods/nearest/tracker.py", WORK, broken)
    description = "title: Nearest <script>\nsource: a test\ninputs: [detections]\n"
    workdir.write("trackers/methods/nearest/method.yaml", description)
    workdir.edit("config/small.yaml", "[sort, bytetrack]", "[sort, bytetrack, nearest]")
    workdir.edit(
        "config/small.yaml", "clock: {", "variants:\n  nearest: {method: nearest}\nclock: {"
    )


def numbers(page: str) -> list[str]:
    """Return the numbers of the tables shown without scripts."""
    return re.findall(r"<td[^>]*>(\d+\.\d+)</td>", page)


def test_a_new_method_is_run_timed_scored_contract_tested_and_on_the_page(workdir):
    add_method(workdir)
    done = workdir.snakemake()
    assert done.returncode == 0, done.stderr
    folder = workdir.path / "results" / "nearest" / "synthetic"
    made = {path.name for path in folder.rglob("*")}
    files = {"tracks.parquet", "run.json", "score.json", "timing.json", "combined.json"}
    assert files | {"speed.json"} <= made
    assert "Nearest &lt;script&gt;" in workdir.page()
    tests = ["tests/contract/test_contract.py", "--variant=nearest", "-q", "-rA"]
    checked = subprocess.run(
        [sys.executable, "-m", "pytest", *tests],
        cwd=workdir.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "6 passed" in checked.stdout
    # broken after a working run, it does not show its old numbers
    workdir.edit("trackers/methods/nearest/tracker.py", WORK, "seen = None")
    assert workdir.snakemake().returncode != 0
    row = workdir.page().split("Nearest &lt;script&gt;", 1)[1].split("</tr>", 1)[0]
    assert "track failed" in row
    assert not numbers(row)


def test_a_failing_variant_leaves_the_others_on_the_page(workdir):
    add_method(workdir, "raise RuntimeError('no <idea>')")
    done = workdir.snakemake()
    assert done.returncode != 0
    page = workdir.page()
    assert "This run did not finish" in page
    assert "track failed" in page
    assert "no &lt;idea&gt;, in frame 0 (from 0) of crossing" in page
    assert numbers(page), "the other variants have numbers"
    ending = done.stderr[done.stderr.index("1 job failed, ") :].splitlines()
    assert ending[1] == "  track: results/nearest/synthetic/crossing/tracks.parquet"
    assert "no <idea>" in ending[2]
    assert "    log: logs/track/nearest/synthetic/crossing.log" in ending
    assert (
        "The page shows the results there are and the failed jobs: reports/summary.html" in ending
    )
    # without it the page is complete
    workdir.edit("config/small.yaml", "[sort, bytetrack, nearest]", "[sort, bytetrack]")
    assert workdir.snakemake().returncode == 0
    assert "This run did not finish" not in workdir.page()
    # fixed, the same command makes the page with it
    workdir.edit("config/small.yaml", "[sort, bytetrack]", "[sort, bytetrack, nearest]")
    workdir.write("trackers/methods/nearest/tracker.py", example())
    assert workdir.snakemake().returncode == 0
    assert "This run did not finish" not in workdir.page()


def outputs(workdir: Workdir) -> dict[str, str]:
    """Return the digests of all files that hold no time."""
    return {
        str(path.relative_to(workdir.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("data", "results")
        for path in sorted((workdir.path / folder).rglob("*"))
        if path.is_file() and path.name not in ("timing.json", "speed.json", "run.json")
    }


def test_a_score_does_not_depend_on_when_its_tracks_were_made(finished, tmp_path):
    workdir = finished.copy(tmp_path / "workdir")
    folder = workdir.path / "results" / "sort" / "synthetic" / "crossing"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert workdir.snakemake("--forcerun", "track", "--until", "score").returncode == 0
    for path, content in before.items():
        same = path.read_bytes() == content
        assert same is (path.name != "run.json"), path


def test_make_reproduce_reproduces_a_result_of_the_workflow(finished):
    result = "results/bytetrack/synthetic/crossing"
    command = [sys.executable, "-m", "workflow.reproduce", result]
    done = subprocess.run(command, cwd=finished.path, capture_output=True, text=True, check=False)
    digest = hashlib.sha256((finished.path / result / "tracks.parquet").read_bytes()).hexdigest()
    assert (done.returncode, done.stdout) == (0, f"identical: sha256 {digest}\n"), done.stderr


HELD = """
import argparse
import time
from pathlib import Path

while Path("held").exists():  # so that no run ends before it is killed
    time.sleep(0.05)
"""


def test_a_run_killed_again_and_again_is_completed_by_the_same_command(finished, tmp_path):
    workdir = make_workdir(tmp_path)
    workdir.edit("reports/render.py", "import argparse", HELD)
    workdir.write("held", "")
    for when in ("sequence.json", "tracks.parquet", "score.json"):
        running = workdir.start(alone=True)
        wait_until(lambda when=when: any(workdir.path.glob(f"*/**/{when}")), running)
        os.killpg(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        assert not (workdir.path / TARGET).exists()
    (workdir.path / "held").unlink()
    done = workdir.snakemake()
    assert done.returncode == 0, done.stderr
    assert outputs(workdir) == outputs(finished)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[sort, bytetrack]",
            "[sort, bytetrakc]",
            r"run[0].variants: expected some of ..., found ['bytetrakc']",
        ),
        (
            "dataset: synthetic",
            "dataset: sintetic",
            "run[0].dataset: expected some of ..., found ['sintetic']",
        ),
        ("clock: [crossing]", "clock: [crosing]", "run[0].clock: expected ..., found ['crosing']"),
        (
            "sequences: [crossing]",
            "sequences: [crosing]",
            "datasets.synthetic: unknown sequence 'crosing': expected one of ['crossing'",
        ),
        (
            "clock: {",
            "variants: {sort: {options: {max_aeg: 2}}}\nclock: {",
            "variants.sort.options: expected some of ..., found ['max_aeg']",
        ),
        (
            "sequences: [crossing]",
            "options: {jiter: 1}\n    sequences: [crossing]",
            "datasets.synthetic: options: expected some of ..., found ['jiter']",
        ),
        (
            "clock: {",
            "families: [hotta]\nclock: {",
            "families: expected some of ..., found ['hotta']",
        ),
        ("clock: {", "speed: 1\nclock: {", "speed: unknown key, expected one of: clock, datasets"),
        ("frames: 30", "frames: many", "clock.frames: expected a whole number, found 'many'"),
        ("frames: 30", "frames: [30", "config/small.yaml, line 9, column 44: not YAML: while"),
    ],
)
def test_a_wrong_config_is_refused_before_anything_runs(finished, tmp_path, old, new, message):
    workdir = finished.copy(tmp_path / "workdir")
    workdir.edit("config/small.yaml", old, new)
    if "crosing" in new and "sequences" in new:
        workdir.edit("config/small.yaml", "    clock: [crossing]\n", "")
    done = workdir.snakemake()
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.search(message_pattern(message), printed)
    assert len(printed.splitlines()) < 20


def test_a_missing_result_file_fails_its_variant_alone(workdir):
    entry = "variants:\n  mine: {method: imported, options: {results: 'mine/{sequence}.txt'}}\n"
    workdir.edit("config/small.yaml", "clock: {", entry + "clock: {")
    workdir.edit("config/small.yaml", "[sort, bytetrack]", "[sort, mine]")
    workdir.write("mine/crossing.txt", "")
    assert workdir.snakemake().returncode == 0
    (workdir.path / "mine" / "crossing.txt").unlink()
    assert workdir.snakemake().returncode != 0
    page = workdir.page()
    assert "mine/crossing.txt: " in page
    assert numbers(page), "the other variant has numbers"


def test_a_failure_of_another_target_does_not_change_the_page(workdir):
    before = workdir.page()
    add_method(workdir, "raise RuntimeError")
    target = "results/nearest/synthetic/crossing/tracks.parquet"
    command = [target if word == TARGET else word for word in workdir.command()]
    assert workdir.run(*command[1:]).returncode != 0
    assert workdir.page() == before


def modified(path: Path) -> float:
    """Return when a file was last written; 0 if it does not exist."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


WAITING = """
import os, time
while os.getppid() == int(os.environ["MASKTRACK_RUN"]):
    time.sleep(0.05)


"""


def test_a_job_that_outlives_its_run_writes_nothing(workdir):
    workdir.edit(
        "trackers/methods/sort/tracker.py",
        "def build(",
        WAITING + "def build(",
    )
    log = workdir.path / "logs" / "track" / "sort" / "synthetic" / "crossing.log"
    before = modified(log)
    running = workdir.start()
    wait_until(lambda: modified(log) > before, running)
    running.kill()
    running.wait()
    tracks = workdir.path / "results" / "sort" / "synthetic" / "crossing" / "tracks.parquet"
    wait_until(lambda: "the workflow that started this job has ended" in log.read_text())
    assert not tracks.exists()


def test_a_change_of_a_methods_inputs_reruns_it(workdir):
    workdir.edit("trackers/methods/sort/method.yaml", "[detections]", "[detections, image]")
    assert workdir.jobs() == OF_A_VARIANT


def test_a_changed_version_of_a_library_reruns_everything(workdir):
    workdir.edit("requirements.lock", "numpy==", "numpy==0.")
    assert workdir.jobs() == PREPARED


def test_a_changed_variant_that_fails_shows_no_earlier_numbers(workdir):
    workdir.edit(
        "config/trackers.yaml",
        "method: bytetrack\n",
        "method: bytetrack\n    options: {track_buffer: 9}\n",
    )
    add_method(workdir, "raise RuntimeError")
    blocked = "trackers/methods/bytetrack/tracker.py"
    workdir.edit(blocked, "def build(", "raise RuntimeError('blocked')\n\n\ndef build(")
    assert workdir.snakemake().returncode != 0
    row = workdir.page().split(">ByteTrack", 1)[1].split("</tr>", 1)[0]
    assert not numbers(row)
