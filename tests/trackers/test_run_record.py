"""What a result says of what made it: run.json."""

from __future__ import annotations

import json
import os
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


def test_a_run_tells_what_was_asked_and_what_it_read(crossing, tmp_path):
    done = run(
        crossing, tmp_path, "--code", "abc", "--options", '{"max_age": 2}', OMP_NUM_THREADS="2"
    )
    assert done.returncode == 0, done.stderr
    told = read_run_json(tmp_path / "run.json")
    assert (told["method"], told["options"], told["code"]) == ("sort", {"max_age": 2}, "abc")
    assert told["command"][:5] == ["python", "-m", "trackers.run", "--method", "sort"]
    assert told["inputs"] == {
        "sequence.json": sha256(crossing),
        "detections.parquet": sha256(crossing.with_name("detections.parquet")),
    }
    assert told["tracks"] == sha256(tmp_path / "tracks.parquet")
    assert told["lock"] == sha256(LOCK)
    assert told["threads"]["OMP_NUM_THREADS"] == "2"
    assert told["threads"]["cores"] == str(len(os.sched_getaffinity(0)))


def test_without_the_flag_there_are_tracks_alone(crossing, tmp_path):
    command = [sys.executable, "-m", "trackers.run", "--method", "sort", "--sequence", crossing]
    subprocess.run([*command, "--output", tmp_path / "t.parquet"], cwd=ROOT, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_a_run_that_fails_leaves_neither(crossing, tmp_path):
    done = run(crossing, tmp_path, "--options", '{"max_aeg": 2}')
    assert done.returncode == 2
    assert "options: ['max_aeg'] found, expected some of" in done.stderr
    assert run(crossing, tmp_path, **{RUN: "1"}).returncode == 1
    assert list(tmp_path.iterdir()) == []


def job(sequence: Path, *inputs: str, method: str = "sort", **options) -> Job:
    return Job("trackers.run", method, options, open_sequence(sequence), inputs)


def test_images_and_prompts_count_where_they_are_asked_for(crossing):
    told = begin_record(job(crossing, "image", "prompts")).content["inputs"]
    assert set(told) == {"sequence.json", "images", "prompts.parquet"}
    assert told["images"] == sha256_of(crossing.with_name("images"))


def test_images_of_a_sequence_prepared_before_they_were_digested_are_digested_now(
    crossing, tmp_path
):
    content = json.loads(crossing.read_text())
    content["images"] = str(crossing.with_name("images"))
    expected = content["sha256"].pop("images")
    write_json(tmp_path / "sequence.json", content)
    assert open_sequence(tmp_path / "sequence.json").digests(["images"]) == {"images": expected}


def test_killed_between_the_two_tracks_keep_and_the_record_does_not_fit(
    crossing, tmp_path, monkeypatch
):
    tracks, told = tmp_path / "tracks.parquet", tmp_path / "run.json"
    write_result(tracks, NONE, told, begin_record(job(crossing)))
    before = tracks.read_bytes()

    def killed(path, content):
        write_json(path, content)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_record, "write_json", killed)
    one = Tracks(NONE.extent, [0], [1], [1], [1], [[0, 0, 1, 1]])
    with pytest.raises(KeyboardInterrupt):
        write_result(tracks, one, told, begin_record(job(crossing)))
    assert tracks.read_bytes() == before
    assert read_run_json(told)["tracks"] != sha256(tracks)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "tracks.parquet"]


def test_tracks_do_not_hold_when_they_were_made(crossing, tmp_path):
    for name, day in (("a", "1"), ("b", "2")):
        done = run(crossing, tmp_path / name, PYTHONHASHSEED=day, OMP_NUM_THREADS=day)
        assert done.returncode == 0, done.stderr
    first, second = (tmp_path / name / "tracks.parquet" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert len(read_tracks(first).frame) > 100


@pytest.fixture
def engine(tmp_path) -> Path:
    """A folder as `export` makes it, with what other rules leave in it."""
    folder = tmp_path / "engine"
    (folder / "tensorrt").mkdir(parents=True)
    names = ("networks.json", "a.onnx", "a.onnx.json", "a.onnx.data", "parity_torch.json")
    for name in (*names, "tensorrt/networks.json", "tensorrt/a.engine", "tensorrt/a.engine.json"):
        (folder / name).write_text(name)
    return folder


def files(method, options):
    alone, engines = split_engines(named_files(load_method(method), options, None, "crossing"))
    return [path.name for path in alone], [path.name for path in engines]


def test_an_engine_is_its_card_and_its_networks_with_what_stands_beside_them(engine):
    options = {"weights": "nowhere.pt", "networks": str(engine)}
    alone, engines = files("sam2_prompted", options)
    assert alone == [], "weights that are not there are left to the tracker"
    assert engines == ["networks.json", "a.onnx", "a.onnx.data", "a.onnx.json"]
    options["networks"] = str(engine / "tensorrt")
    assert files("sam2_prompted", options)[1] == [
        "networks.json", "a.engine", "a.engine.json",
    ]  # fmt: skip


def test_weights_that_are_a_default_count():
    assert files("sam2_prompted", {}) == (["sam2_demo.safetensors"], [])


def test_a_card_by_hand_counts_with_its_network_also_of_a_tracker_within_another(tmp_path, engine):
    card = tmp_path / "osnet.yaml"
    card.write_text("file: osnet.onnx\n")
    (tmp_path / "osnet.onnx").write_text("")
    options = {"detector": str(engine), "tracker": "deepsort", "options": {"embedding": str(card)}}
    alone, engines = files("detected", options)
    assert alone == ["osnet.yaml", "osnet.onnx"]
    assert engines[0] == "networks.json"


def test_a_folder_of_results_is_one_file_and_a_word_of_a_command_none(tmp_path):
    (tmp_path / "crossing").mkdir()
    results = {"results": f"{tmp_path}/{{sequence}}", "format": "davis"}
    assert files("imported", results) == (["crossing"], [])
    command = {"command": ["sh", "-c", "x/" * 9999, str(tmp_path), "{sequence}", "{output}"]}
    assert files("external", command) == ([], [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2}, "schema version 2 found, expected 1"),
        ({"tracks": None}, "tracks: null found, expected str"),
        ({"files": {"w.pt": 1}}, "files: .* found, expected texts by name"),
        ({"program": "os"}, "program: .*os.* found, expected a tracker's"),
    ],
)
def test_a_run_json_that_is_not_as_it_should_be_is_named(crossing, tmp_path, changes, message):
    path = tmp_path / "run.json"
    write_result(tmp_path / "tracks.parquet", NONE, path, begin_record(job(crossing)))
    write_json(path, json.loads(path.read_text()) | changes)
    with pytest.raises(ValueError, match=rf"run\.json.*{message}"):
        read_run_json(path)
