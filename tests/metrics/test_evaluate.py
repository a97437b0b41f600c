from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from datasets.readers import tud
from metrics.events import COUNTED_AS
from metrics.text_table import table
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

INFO = "[Sequence]\nimHeight=480\nimWidth=640\nseqLength={}\nframeRate=25\n"
LENGTHS = {"TUD-Campus": 71, "TUD-Stadtmitte": 179}


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path]:
    """Ground truth and results of TUD in MOTChallenge layout."""
    root, truth, results = tud.locate(None), tmp_path / "truth", tmp_path / "results"
    results.mkdir()
    for name, length in LENGTHS.items():
        (truth / name / "gt").mkdir(parents=True)
        shutil.copy(root / name / "gt.txt", truth / name / "gt" / "gt.txt")
        (truth / name / "seqinfo.ini").write_text(INFO.format(length))
        shutil.copy(root / name / "test.txt", results / f"{name}.txt")
    return truth, results


def run(folders, *more) -> subprocess.CompletedProcess[str]:
    truth, results = folders
    command = [sys.executable, "-m", "metrics.evaluate", "--protocol", "mot15"]
    command += ["--truth", str(truth), "--results", str(results), *map(str, more)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_scoring_short_sequences_loads_no_sparse_matrices(folders):
    truth, results = folders
    code = f"""
import runpy, sys
sys.argv = "x --protocol mot15 --truth {truth} --results {results}".split()
try:
    runpy.run_module("metrics.evaluate", run_name="__main__")
finally:
    print([name for name in sys.modules if name.startswith("scipy.sparse")])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_output_has_every_sequence_and_the_total(folders, tmp_path):
    done = run(folders, "--output", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["protocol"] == "mot15"
    scores = found["classes"]["pedestrian"]
    assert list(scores["sequences"]) == list(LENGTHS)
    combined = scores["combined"]
    assert round(100 * combined["HOTA"], 4) == 39.9957
    assert (combined["IDSW"], combined["CLR_FP"], combined["IDTP"]) == (14, 58, 776)
    assert isinstance(combined["IDSW"], int)


def test_the_table_shows_sequences_and_the_total(folders):
    lines = run(folders).stdout.splitlines()
    assert lines[0].split()[:3] == ["pedestrian", "HOTA", "DetA"]
    assert [line.split()[0] for line in lines[1:]] == [*LENGTHS, "COMBINED"]
    assert lines[-1].split()[1] == "39.996"


def test_two_jobs_give_the_same_output_as_one(folders):
    assert run(folders, "--jobs", 2).stdout == run(folders).stdout


def test_events_are_written_and_their_numbers_equal_the_counts(folders, tmp_path):
    outputs = ("--events", tmp_path / "events.parquet", "--output", tmp_path / "out.json")
    assert run(folders, *outputs, "--families", "clear").returncode == 0
    scores = json.loads((tmp_path / "out.json").read_text())["classes"]["pedestrian"]["sequences"]
    table = pq.read_table(tmp_path / "events.parquet")
    for name, values in scores.items():
        kinds = table.filter(pc.field("sequence") == name)["event"].to_pylist()
        assert {event: kinds.count(event) for event in COUNTED_AS} == {
            event: values[column] for event, column in COUNTED_AS.items()
        }


def test_an_unknown_class_is_refused_with_the_known_names(folders):
    done = run(folders, "--classes", "car")
    assert done.returncode == 2
    assert "classes: expected some of ['pedestrian'], found ['car']" in done.stderr


def test_hota_is_written_for_every_threshold(folders, tmp_path):
    run(folders, "--output", tmp_path / "out.json")
    scores = json.loads((tmp_path / "out.json").read_text())["classes"]["pedestrian"]
    curve = scores["curves"]["HOTA"]
    assert len(curve) == 19
    assert sum(curve) / 19 == pytest.approx(scores["combined"]["HOTA"], abs=1e-12)


def test_only_the_chosen_sequences_are_scored(folders):
    lines = run(folders, "--sequences", "TUD-Campus").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["TUD-Campus", "COMBINED"]


def break_result(truth, results):
    path = results / "TUD-Campus.txt"
    path.write_text(path.read_text() + "1,2,oops\n")


def remove_result(truth, results):
    (results / "TUD-Stadtmitte.txt").unlink()


def shorten(truth, results):
    (truth / "TUD-Campus" / "seqinfo.ini").write_text(INFO.format(70))


def remove_all_truth(truth, results):
    shutil.rmtree(truth)
    truth.mkdir()


def remove_truth(truth, results):
    (truth / "TUD-Campus" / "gt" / "gt.txt").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove_truth, "TUD-Campus/gt/gt.txt"),
        (break_result, "TUD-Campus.txt, line 223 ('1,2,oops'): expected at least 6 columns"),
        (remove_result, "TUD-Stadtmitte.txt"),
        (shorten, "expected a frame from 1 to 70, found frame 71"),
        (remove_all_truth, "expected ground truth in layout mot15, found none"),
    ],
)
def test_invalid_input_gives_exit_code_two_and_a_message(folders, tmp_path, damage, message):
    damage(*folders)
    done = run(folders, "--output", tmp_path / "out.json")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("more", [[], ["--jobs", 2], ["--crosscheck"]])
def test_what_is_mended_is_counted_and_reported_once(folders, tmp_path, more):
    for name in LENGTHS:
        path = folders[1] / f"{name}.txt"
        path.write_text(path.read_text() + "1,900,400,20,-5,10,1,-1,-1,-1\n")
    done = run(folders, "--output", tmp_path / "out.json", *more)
    assert done.returncode == 0, done.stderr
    note = "python -m metrics.evaluate: note: boxes of negative width or height, read as without "
    assert [line for line in done.stderr.splitlines() if "note" in line] == [f"{note}area: 2"]


def test_strict_refuses_what_would_be_mended(folders, tmp_path):
    path = folders[1] / "TUD-Campus.txt"
    path.write_text(path.read_text() + "1,900,400,20,-5,10,1,-1,-1,-1\n")
    done = run(folders, "--strict", "--output", tmp_path / "out.json")
    assert done.returncode == 2
    assert "--strict: expected files without defects, found boxes of negative width" in done.stderr
    assert not (tmp_path / "out.json").exists()
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert run(folders, "--strict").returncode == 0


CAR = "{} {} Car 0 0 0 {} 0 {} 50 -1 -1 -1 -1000 -1000 -1000 -10\n"


def run_kitti(workdir, *more) -> subprocess.CompletedProcess[str]:
    """Score two sequences of three frames, with a false positive in frame 4 of one."""
    for name, frames in (("a", [0, 1, 2]), ("b", [0, 1, 2, 4])):
        for folder, last in (("truth", 2), ("results", 9)):
            path = workdir / folder / f"{name}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(CAR.format(n, 7, n, n + 50) for n in frames if n <= last))
    command = [sys.executable, "-m", "metrics.evaluate", "--protocol", "kitti", "--output"]
    command += [workdir / "out.json", "--truth", workdir / "truth", "--results"]
    command = [*map(str, [*command, workdir / "results", *more])]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ([], [3, 5]),
        (["--frames", 6], [6, 6]),
        (["--frames", "b=9"], [3, 9]),
        (["--frames", "b=9", 6], [6, 9]),
    ],
)
def test_the_number_of_frames_may_be_given(tmp_path, more, counts):
    done = run_kitti(tmp_path, *more)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())["classes"]["car"]["sequences"]
    assert [found[name]["CLR_Frames"] for name in ("a", "b")] == counts
    assert [found[name]["CLR_FP"] for name in ("a", "b")] == [0, 1]
    assert ("results end after the ground truth" in done.stderr) == (counts[1] == 5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--frames", 4], "b.txt, line 4 ('4 7 Car 0 0 0 4 0 54 50 -1 -1 -1 -1000 -1000 -1000 -10"),
        (["--frames", 0], "--frames: expected N or NAME=N, found '0'"),
        (["--frames", "c=4"], "--frames: expected a sequence among ['a', 'b'], found 'c'"),
        (["--frames", 4, "--layout", "mot15"], "--frames: layout mot15 provides the number of"),
    ],
)
def test_an_invalid_number_of_frames_is_refused(tmp_path, more, message):
    done = run_kitti(tmp_path, *more)
    assert done.returncode == 2
    assert message in done.stderr


def test_an_unknown_sequence_is_refused_with_the_known_names(folders):
    done = run(folders, "--sequences", "TUD")
    assert done.returncode == 2
    expected = "expected sequences among ['TUD-Campus', 'TUD-Stadtmitte'], found ['TUD']"
    assert expected in done.stderr


def test_results_without_ground_truth_are_reported(folders):
    (folders[1] / "ghost\x1b[31m.txt").write_text("")
    done = run(folders)
    assert done.returncode == 0
    assert r"not scored, no ground truth: ghost\x1b[31m" in done.stderr


def test_unusual_names_are_scored_and_printed_without_control_characters(folders):
    for unusual, name in zip(("-1q7 {x}", "<b>\x1b[2J\u202e"), LENGTHS, strict=True):
        (folders[0] / name).rename(folders[0] / unusual)
        (folders[1] / f"{name}.txt").rename(folders[1] / f"{unusual}.txt")
    done = run(
        folders, "--families", "clear", "--sequences=-1q7 {x}", "--sequences=<b>\x1b[2J\u202e"
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()[1:3]
    assert first.startswith("-1q7 {x} ")
    assert second.startswith(r"<b>\x1b[2J\u202e ")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--jobs", "0"), "--jobs: expected at least 1, found 0"),
        (("--families", "hota", "hota"), "--families: ['hota'] given more than once"),
        (
            ("--families", "jf_te", "jf_davis_us"),
            "families: expected one family with a column J&F",
        ),
        (("--output", "{workdir}"), "expected a file to write, found a folder"),
        (
            ("--output", "{workdir}/o", "--events", "{workdir}/o"),
            "--output and --events: expected two files",
        ),
    ],
)
def test_flags_are_checked_before_files_are_read(folders, tmp_path, flags, message):
    break_result(*folders)
    done = run(folders, *(flag.replace("{workdir}", str(tmp_path)) for flag in flags))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_large_count_is_printed_with_all_digits():
    columns = [{"name": "IDSW", "label": "IDSW", "unit": "count"}]
    one = {"sequences": {}, "combined": {"IDSW": 1234567}}
    assert list(table({"columns": columns, "classes": {"c": one}}))[1].split()[1] == "1234567"
