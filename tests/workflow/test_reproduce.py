"""Reproducing a result: identical, different, or impossible."""

from __future__ import annotations

import json
import os
import re
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
from workflow.track_diff import describe_changes

pytestmark = pytest.mark.slow

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
def reproduced(monkeypatch, capsys):
    """A function that reproduces a result and returns the exit code and the output."""
    monkeypatch.chdir(ROOT)

    def make(result: Path) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["reproduce", str(result)])
        return reproduce.main(), capsys.readouterr().out

    return make


def change(folder: Path, **changes) -> None:
    write_json(folder / "run.json", read_json(folder / "run.json") | changes)


def test_a_reproduced_result_is_identical_and_not_modified(result, reproduced):
    before = {path: path.stat().st_mtime_ns for path in result.iterdir()}
    code, printed = reproduced(result)
    assert (code, printed) == (0, f"identical: sha256 {sha256(result / 'tracks.parquet')}\n")
    assert {path: path.stat().st_mtime_ns for path in result.iterdir()} == before
    assert reproduced(result / "run.json")[0] == 0


def test_different_tracks_are_described(result, reproduced):
    command = read_json(result / "run.json")["command"]
    change(result, command=[word.replace('"max_age": 2', '"min_hits": 9') for word in command])
    code, printed = reproduced(result)
    assert code == 1
    assert printed.startswith("different tracks: sha256 ")
    assert "rows: " in printed
    (result / "tracks.parquet").write_text("of another run")
    code, printed = reproduced(result)
    assert code == 1
    assert "not the tracks of this run.json" in printed


def test_a_changed_environment_is_reported_and_the_result_still_reproduced(result, reproduced):
    machine = read_json(result / "run.json")["machine"] | {"numpy": "0.1"}
    threads = {"cores": "512", "OMP_NUM_THREADS": None}
    change(result, machine=machine, threads=threads, code="old", commit="old", lock="old")
    code, printed = reproduced(result)
    assert code == 0
    changed = [
        line.split(":")[1].strip() for line in printed.splitlines() if line[:8] == "changed:"
    ]
    assert changed == [
        "code", "commit", "libraries (requirements.lock)", "machine, numpy", "cores",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["detections.parquet", "sequence.json"])
def test_a_changed_input_is_named_and_nothing_is_run(result, reproduced, name):
    path = result.parent / "data" / name
    path.write_bytes(path.read_bytes() + b" ")
    code, printed = reproduced(result)
    assert code == 2
    assert printed.startswith(f"cannot be reproduced: input: {path}: sha256 ")
    assert "identical" not in printed


def test_a_changed_image_is_a_changed_input(result, reproduced):
    data = result.parent / "data"
    digest = read_json(data / "sequence.json")["sha256"]["images"]
    inputs = read_json(result / "run.json")["inputs"] | {"images": digest}
    change(result, inputs=inputs)
    assert reproduced(result)[0] == 0
    next((data / "images").iterdir()).write_text("another")
    code, printed = reproduced(result)
    assert code == 2
    assert f"input: {data / 'images'}: sha256 was {digest}" in printed


def test_all_missing_files_are_named_at_once(result, reproduced):
    (result.parent / "data" / "detections.parquet").unlink()
    change(result, files={"gone.pt": "0"}, engines={"gone/networks.json": "0"})
    code, printed = reproduced(result)
    assert code == 2
    for line in ("detections.parquet is missing", "file: gone.pt is missing", "engine: gone/"):
        assert line in printed


def test_a_program_that_fails_is_no_difference(result, reproduced):
    command = read_json(result / "run.json")["command"]
    change(result, command=[word.replace("max_age", "max_aeg") for word in command])
    code, printed = reproduced(result)
    assert code == 2
    assert "cannot be reproduced: exit code 2; printed last: " in printed
    assert re.search(r"options: expected some of .*, found \['max_aeg'\]", printed)


def test_a_missing_or_foreign_run_json_cannot_be_reproduced(tmp_path, reproduced):
    assert reproduced(tmp_path)[0] == 2
    (tmp_path / "run.json").write_text("{}")
    code, printed = reproduced(tmp_path)
    assert code == 2
    assert "schema version" in printed


def test_it_runs_on_as_many_threads_as_recorded(result, reproduced, monkeypatch, tmp_path):
    seen = tmp_path / "seen.json"
    state = "[dict(os.environ), len(os.sched_getaffinity(0))]"
    code = f"import json, os; json.dump({state}, open({str(seen)!r}, 'w')); raise SystemExit(1)"
    monkeypatch.setattr(reproduce, "_command", lambda *_: [sys.executable, "-c", code])
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    change(result, threads={"cores": "1", "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": None})
    assert reproduced(result)[0] == 2
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


def one_smaller_mask():
    mask = np.zeros((2, 4, 6), bool)
    mask[0, :, :4] = mask[1, :3, :4] = True
    return coco_rle.encode(mask)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        ({"score": [0.5, 0.75]}, ["largest difference of a score: 0.25"]),
        ({"class_id": [1, 2]}, ["rows with a different class: 1"]),
        ({"rle": one_smaller_mask()}, ["different masks: 1, lowest IoU 0.750000"]),
        ({"rle": None}, ["only one of the two has masks"]),
        (
            {"track": [1, 2]},
            ["track ids: 1 before, 2 now", "rows without a row of the same frame and track id: 2"],
        ),
    ],
)
def test_each_kind_of_difference_has_its_line(changes, lines):
    assert describe_changes(make(), make(**changes)) == lines


def test_different_boxes_and_rows_are_reported():
    then = make(rle=None)
    now = Tracks(EXTENT, [1], [1], [1], [0.5], [[0, 0, 4, 4.125]])
    assert describe_changes(then, now) == [
        "rows: 2 before, 1 now",
        "rows without a row of the same frame and track id: 1",
        "largest difference of a box, in pixels: 0.125",
    ]
