"""The provenance of tracks: run.json."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.files import RUN, sha256, sha256_of, write_json
from datasets.io.git import LOCK
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Extent, Tracks
from tests.support.paths import ROOT
from trackers import run_record
from trackers.contract import load_method
from trackers.named_files import named_files, split_engines
from trackers.run_record import Job, begin_record, write_result

NONE = Tracks(Extent(4, 6, 3, {1: "person"}), [], [], [], [], np.zeros((0, 4)))


def run(sequence, folder, *more, method="sort", **settings):
    command = [sys.executable, "-m", "trackers.run", "--method", method, "--sequence", sequence]
    command += ["--output", folder / "tracks.parquet", "--run", folder / "run.json", *more]
    environment = os.environ | settings
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_run_json_records_the_arguments_and_the_inputs(crossing, tmp_path):
    done = run(
        crossing, tmp_path, "--code", "abc", "--options", '{"max_age": 2}', OMP_NUM_THREADS="2"
    )
    assert done.returncode == 0, done.stderr
    record = read_run_json(tmp_path / "run.json")
    assert (record["method"], record["options"], record["code"]) == ("sort", {"max_age": 2}, "abc")
    assert record["command"][:5] == ["python", "-m", "trackers.run", "--method", "sort"]
    assert record["inputs"] == {
        "sequence.json": sha256(crossing),
        "detections.parquet": sha256(crossing.with_name("detections.parquet")),
    }
    assert record["tracks"] == sha256(tmp_path / "tracks.parquet")
    assert record["lock"] == sha256(LOCK)
    assert record["threads"]["OMP_NUM_THREADS"] == "2"
    assert record["threads"]["cores"] == str(len(os.sched_getaffinity(0)))


@pytest.mark.slow
def test_without_the_flag_only_the_tracks_are_written(crossing, tmp_path):
    command = [sys.executable, "-m", "trackers.run", "--method", "sort", "--sequence", crossing]
    subprocess.run([*command, "--output", tmp_path / "t.parquet"], cwd=ROOT, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.slow
def test_a_failed_run_leaves_no_files(crossing, tmp_path):
    done = run(crossing, tmp_path, "--options", '{"max_aeg": 2}')
    assert done.returncode == 2
    assert re.search(r"options: expected some of .*, found \['max_aeg'\]", done.stderr)
    assert run(crossing, tmp_path, **{RUN: "1"}).returncode == 1
    assert list(tmp_path.iterdir()) == []


def job(sequence: Path, *inputs: str, method: str = "sort", **options) -> Job:
    return Job("trackers.run", method, options, open_sequence(sequence), inputs)


def test_images_and_prompts_are_recorded_if_they_are_inputs(crossing):
    inputs = begin_record(job(crossing, "image", "prompts")).content["inputs"]
    assert set(inputs) == {"sequence.json", "images", "prompts.parquet"}
    assert inputs["images"] == sha256_of(crossing.with_name("images"))


def test_images_without_a_digest_in_sequence_json_are_digested(crossing, tmp_path):
    content = json.loads(crossing.read_text())
    content["images"] = str(crossing.with_name("images"))
    expected = content["sha256"].pop("images")
    write_json(tmp_path / "sequence.json", content)
    assert open_sequence(tmp_path / "sequence.json").digests(["images"]) == {"images": expected}


def test_a_run_killed_between_the_files_keeps_the_tracks_and_the_digest_differs(
    crossing, tmp_path, monkeypatch
):
    tracks, record = tmp_path / "tracks.parquet", tmp_path / "run.json"
    write_result(tracks, NONE, record, begin_record(job(crossing)))
    before = tracks.read_bytes()

    def write_and_interrupt(path, content):
        write_json(path, content)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_record, "write_json", write_and_interrupt)
    one = Tracks(NONE.extent, [0], [1], [1], [1], [[0, 0, 1, 1]])
    with pytest.raises(KeyboardInterrupt):
        write_result(tracks, one, record, begin_record(job(crossing)))
    assert tracks.read_bytes() == before
    assert read_run_json(record)["tracks"] != sha256(tracks)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "tracks.parquet"]


@pytest.mark.slow
def test_the_tracks_file_does_not_depend_on_when_it_was_made(crossing, tmp_path):
    for name, seed in (("a", "1"), ("b", "2")):
        done = run(crossing, tmp_path / name, PYTHONHASHSEED=seed, OMP_NUM_THREADS=seed)
        assert done.returncode == 0, done.stderr
    first, second = (tmp_path / name / "tracks.parquet" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert len(read_tracks(first).frame) > 100


@pytest.fixture
def engine(tmp_path) -> Path:
    """A folder made by `export`, with the files that other rules add."""
    folder = tmp_path / "engine"
    (folder / "tensorrt").mkdir(parents=True)
    names = ("networks.json", "a.onnx", "a.onnx.json", "a.onnx.data", "parity_torch.json")
    for name in (*names, "tensorrt/networks.json", "tensorrt/a.engine", "tensorrt/a.engine.json"):
        (folder / name).write_text(name)
    return folder


def files(method, options):
    single, engines = split_engines(named_files(load_method(method), options, None, "crossing"))
    return [path.name for path in single], [path.name for path in engines]


def test_the_files_of_an_engine_are_its_card_and_its_network_files(engine):
    options = {"weights": "nowhere.pt", "networks": str(engine)}
    single, engines = files("sam2_prompted", options)
    assert single == [], "missing weights are left to the tracker"
    assert engines == ["networks.json", "a.onnx", "a.onnx.data", "a.onnx.json"]
    options["networks"] = str(engine / "tensorrt")
    assert files("sam2_prompted", options)[1] == [
        "networks.json", "a.engine", "a.engine.json",
    ]  # fmt: skip


def test_weights_named_by_a_default_are_found():
    assert files("sam2_prompted", {}) == (["sam2_demo.safetensors"], [])


def test_a_network_card_in_the_options_of_a_nested_method_is_found(tmp_path, engine):
    card = tmp_path / "osnet.yaml"
    card.write_text("file: osnet.onnx\n")
    (tmp_path / "osnet.onnx").write_text("")
    options = {
        "detector": str(engine),
        "tracker": "deepsort",
        "tracker_options": {"embedding": str(card)},
    }
    single, engines = files("detected", options)
    assert single == ["osnet.yaml", "osnet.onnx"]
    assert engines[0] == "networks.json"


def test_a_results_folder_is_one_file_and_arguments_of_a_command_are_none(tmp_path):
    (tmp_path / "crossing").mkdir()
    results = {"results": f"{tmp_path}/{{sequence}}", "format": "davis"}
    assert files("imported", results) == (["crossing"], [])
    command = {"command": ["sh", "-c", "x/" * 9999, str(tmp_path), "{sequence}", "{output}"]}
    assert files("external", command) == ([], [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2}, "schema version: expected 1, found 2"),
        ({"tracks": None}, "tracks: expected str, found null"),
        ({"files": {"w.pt": 1}}, "files: expected strings by name, found"),
        ({"program": "os"}, "program: expected a tracker program, found .*os"),
    ],
)
def test_an_invalid_run_json_is_named(crossing, tmp_path, changes, message):
    path = tmp_path / "run.json"
    write_result(tmp_path / "tracks.parquet", NONE, path, begin_record(job(crossing)))
    write_json(path, json.loads(path.read_text()) | changes)
    with pytest.raises(ValueError, match=rf"run\.json.*{message}"):
        read_run_json(path)
