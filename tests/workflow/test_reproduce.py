"""One result made again: the same, other, or not to be made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.io.files import read_json, sha256, write_json
from datasets.masks import coco_rle
from datasets.types import Extent, Tracks
from tests.support.paths import ROOT
from workflow import reproduce
from workflow.track_diff import describe_differences

EXTENT = Extent(4, 6, 3, {1: "person", 2: "car"})


@pytest.fixture
def result(crossing, tmp_path) -> Path:
    """The folder of a result of SORT; data and result can be changed."""
    data = tmp_path / "data"
    shutil.copytree(crossing.parent, data)
    folder = tmp_path / "result"
    command = [sys.executable, "-m", "trackers.run", "--method", "sort"]
    command += ["--options", '{"max_age": 2}', "--sequence", data / "sequence.json"]
    command += ["--output", folder / "tracks.parquet", "--run", folder / "run.json"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture
def again(monkeypatch, capsys):
    """A function that makes a result again: exit code and what was printed."""
    monkeypatch.chdir(ROOT)

    def make(result: Path) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["reproduce", str(result)])
        return reproduce.main(), capsys.readouterr().out

    return make


def change(folder: Path, **changes) -> None:
    write_json(folder / "run.json", read_json(folder / "run.json") | changes)


def test_a_result_made_again_is_identical_and_stays_as_it_was(result, again):
    before = {path: path.stat().st_mtime_ns for path in result.iterdir()}
    code, printed = again(result)
    assert (code, printed) == (0, f"identical: sha256 {sha256(result / 'tracks.parquet')}\n")
    assert {path: path.stat().st_mtime_ns for path in result.iterdir()} == before
    assert again(result / "run.json")[0] == 0


def test_other_answers_are_described(result, again):
    command = read_json(result / "run.json")["command"]
    change(result, command=[word.replace('"max_age": 2', '"min_hits": 9') for word in command])
    code, printed = again(result)
    assert code == 1
    assert printed.startswith("other tracks: sha256 ")
    assert "rows: " in printed
    (result / "tracks.parquet").write_text("of another run")
    code, printed = again(result)
    assert code == 1
    assert "not those of this run.json" in printed


def test_what_differs_now_beside_files_is_told_and_keeps_nothing_from_being_made(result, again):
    machine = read_json(result / "run.json")["machine"] | {"numpy": "0.1"}
    threads = {"cores": "512", "OMP_NUM_THREADS": None}
    change(result, machine=machine, threads=threads, code="old", commit="old", lock="old")
    code, printed = again(result)
    assert code == 0
    told = [line.split(":")[1].strip() for line in printed.splitlines() if "differs now" in line]
    assert told == [
        "code", "commit", "libraries (requirements.lock)", "machine, numpy", "cores",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["detections.parquet", "sequence.json"])
def test_another_input_is_named_and_nothing_is_run(result, again, name):
    path = result.parent / "data" / name
    path.write_bytes(path.read_bytes() + b" ")
    code, printed = again(result)
    assert code == 2
    assert printed.startswith(f"cannot be made again: input: {path}: sha256 ")
    assert "identical" not in printed


def test_another_image_is_another_input(result, again):
    data = result.parent / "data"
    digest = read_json(data / "sequence.json")["sha256"]["images"]
    inputs = read_json(result / "run.json")["inputs"] | {"images": digest}
    change(result, inputs=inputs)
    assert again(result)[0] == 0
    next((data / "images").iterdir()).write_text("another")
    code, printed = again(result)
    assert code == 2
    assert f"input: {data / 'images'}: sha256 {digest} then" in printed


def test_all_that_is_gone_is_named_at_once(result, again):
    (result.parent / "data" / "detections.parquet").unlink()
    change(result, files={"gone.pt": "0"}, engines={"gone/networks.json": "0"})
    code, printed = again(result)
    assert code == 2
    for told in ("detections.parquet is gone", "file: gone.pt is gone", "engine: gone/networks"):
        assert told in printed


def test_a_program_that_fails_now_is_not_another_answer(result, again):
    command = read_json(result / "run.json")["command"]
    change(result, command=[word.replace("max_age", "max_aeg") for word in command])
    code, printed = again(result)
    assert code == 2
    assert "cannot be made again: exit code 2; printed last: " in printed
    assert "options: ['max_aeg'] found, expected some of" in printed


def test_no_run_json_and_none_of_ours_cannot_be_made(tmp_path, again):
    assert again(tmp_path)[0] == 2
    (tmp_path / "run.json").write_text("{}")
    code, printed = again(tmp_path)
    assert code == 2
    assert "schema version null found" in printed


def test_it_runs_on_as_many_threads_as_then(result, again, monkeypatch, tmp_path):
    seen = tmp_path / "seen.json"
    told = "[dict(os.environ), len(os.sched_getaffinity(0))]"
    code = f"import json, os; json.dump({told}, open({str(seen)!r}, 'w')); raise SystemExit(1)"
    monkeypatch.setattr(reproduce, "_command", lambda *given: [sys.executable, "-c", code])
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    change(result, threads={"cores": "1", "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": None})
    assert again(result)[0] == 2
    environment, cores = json.loads(seen.read_text())
    assert (environment["OMP_NUM_THREADS"], cores) == ("3", 1)
    assert "MKL_NUM_THREADS" not in environment
    assert len(os.sched_getaffinity(0)) >= cores


def make(**changes) -> Tracks:
    mask = np.zeros((2, 4, 6), bool)
    mask[:, :, :4] = True
    columns = {"frame": [0, 1], "track": [1, 1], "class_id": [1, 1], "score": [0.5, 0.5]}
    masks = coco_rle.encode(mask)
    return Tracks(EXTENT, **columns | {"box": masks.boxes, "rle": masks} | changes)


def smaller():
    mask = np.zeros((2, 4, 6), bool)
    mask[0, :, :4] = mask[1, :3, :4] = True
    return coco_rle.encode(mask)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        ({"score": [0.5, 0.75]}, ["largest difference of a score: 0.25"]),
        ({"class_id": [1, 2]}, ["rows of another class: 1"]),
        ({"rle": smaller()}, ["other masks: 1, the least IoU 0.750000"]),
        ({"rle": None}, ["only one of them has masks"]),
        (
            {"track": [1, 2]},
            ["identities: 1 then, 2 now", "rows whose frame and identity the other has not: 2"],
        ),
    ],
)
def test_what_differs_is_said_by_what_it_is(changes, lines):
    assert describe_differences(make(), make(**changes)) == lines


def test_boxes_and_rows_that_differ_are_said():
    then = make(rle=None)
    now = Tracks(EXTENT, [1], [1], [1], [0.5], [[0, 0, 4, 4.125]])
    assert describe_differences(then, now) == [
        "rows: 2 then, 1 now",
        "rows whose frame and identity the other has not: 1",
        "largest difference of a box, in pixels: 0.125",
    ]
