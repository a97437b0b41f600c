"""Conversions of YouTube-VIS, COCO and DAVIS that are refused, and files that stay unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.formats import parquet
from datasets.masks import coco_rle
from datasets.types import Extent
from tests.support.datasets.converting import (
    LINE,
    PERSON,
    RESULTS,
    common,
    everything,
    run,
    truth_for,
)

JSON = (*RESULTS, "youtube_vis_truth", "coco_truth")


@pytest.fixture
def tracks(tmp_path) -> Path:
    parquet.write_tracks(tmp_path / "a.parquet", common())
    return tmp_path / "a.parquet"


@pytest.mark.parametrize("source", RESULTS)
def test_results_without_truth_are_refused_and_the_flag_is_named(tmp_path, tracks, source):
    run("parquet", source, tracks, tmp_path / "r.json")
    code, _, errors = run(source, "parquet", tmp_path / "r.json", tmp_path / "out")
    assert (code, errors) == (
        2,
        f"error: {tmp_path / 'r.json'}: results do not describe their videos and classes: add "
        "their ground truth, --truth FILE\n",
    )


@pytest.mark.parametrize(
    ("source", "target", "more", "message"),
    [
        ("mot", "mot_truth", ["--truth", "t.json"], "--truth: mot does not use the ground tr"),
        ("mot", "kitti", ["--number-as", "t.json"], "--number-as: kitti has no video or image ids"),
        (
            "mot",
            "coco_results",
            [],
            "coco_results requires the number of frames, which mot does not provide: ",
        ),
        (
            "mot",
            "coco_truth",
            ["--frames", "2"],
            "coco_truth requires the image size, which mot does not provide: ",
        ),
        ("mot", "coco_results", ["--number-as", "no"], "no/instances.json: no such file"),
        ("mot", "davis", [], "a: davis holds only masks, but the input has none"),
        (
            "mot",
            "youtube_vis_truth",
            [],
            "a: youtube_vis_truth holds only masks, but the input has",
        ),
        ("youtube_vis_truth", "mot", [], "a.txt: not valid JSON: "),
        ("coco_truth", "mot", [], "a.txt: not valid JSON: "),
        ("coco_results", "mot", ["--truth", "no.json"], "no.json: no such file"),
        ("youtube_vis_results", "mot", ["--truth", "a.txt"], "a.txt: not valid JSON: "),
        (
            "youtube_vis_results",
            "mot",
            ["--frames", "3"],
            "--frames: youtube_vis_results provides the number of frames itself",
        ),
        ("coco_results", "mot", PERSON, "--classes: coco_results does not use the class names"),
        ("davis", "mot", [], "a.txt: expected a folder of PNG files, found a file"),
    ],
)
def test_invalid_input_ends_with_exit_code_two_and_one_line(
    tmp_path, monkeypatch, source, target, more, message
):
    (tmp_path / "a.txt").write_text(LINE)
    (tmp_path / "no").mkdir()
    monkeypatch.chdir(tmp_path)
    code, _, errors = run(source, target, "a.txt", "out", *more)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", JSON)
def test_a_missing_path_is_named(tmp_path, source):
    code, _, errors = run(source, "mot", tmp_path / "x.json", tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path / 'x.json'}: no such file\n")
    expected = tmp_path / ("results.json" if source in RESULTS else "instances.json")
    code, _, errors = run(source, "mot", tmp_path, tmp_path / "out")
    assert (code, errors) == (2, f"error: {expected}: no such file\n")


@pytest.mark.parametrize("target", RESULTS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "c"}, "expected a sequence among ['a'], found 'c'"),
        (
            {"size": (7, 8)},
            "a: expected images of 6 x 8 as in the ground truth, found images of 7 x 8",
        ),
        ({"frames": 5}, "a: expected 4 frames as in the ground truth, found 5 frames"),
        (
            {"class": "dog"},
            "expected a class among ['car', 'pedestrian'], found 'dog': rename classes by",
        ),
    ],
)
def test_results_that_do_not_match_the_given_truth_are_refused(
    tmp_path, tracks, target, change, message
):
    truth = truth_for(target, tracks)
    height, width = change.get("size", (6, 8))
    masks = coco_rle.encode(np.ones((1, height, width), bool))
    extent = Extent(height, width, change.get("frames", 4), {1: change.get("class", "car")})
    one = common().take(np.arange(1))
    other = replace(one, extent=extent, rle=masks, box=masks.boxes)
    path = tmp_path / "in" / f"{change.get('name', 'a')}.parquet"
    parquet.write_tracks(path, other)
    more = "--number-as", truth
    code, _, errors = run("parquet", target, path, tmp_path / "r.json", *more)
    assert code == 2
    assert message in errors
    assert not (tmp_path / "r.json").exists()


def test_class_names_are_required_to_find_the_classes_of_a_truth(tmp_path, tracks):
    (tmp_path / "a.txt").write_text(LINE)
    more = "--number-as", truth_for("coco_results", tracks)
    code, _, errors = run("mot", "coco_results", tmp_path / "a.txt", tmp_path / "r.json", *more)
    assert code == 2
    assert "coco_results requires the class names, which mot does not provide: add --c" in errors


def test_a_row_beyond_the_frames_of_the_truth_is_named(tmp_path, tracks):
    (tmp_path / "a.txt").write_text(LINE.replace("1,5", "9,5"))
    more = [*PERSON, "--rename", "person=car", "--number-as", truth_for("coco_results", tracks)]
    code, _, errors = run("mot", "coco_results", tmp_path / "a.txt", tmp_path / "r.json", *more)
    assert code == 2
    assert "coco_truth.json: a: row 0: frame 8 (from 0) is beyond the last frame, 3" in errors


@pytest.mark.parametrize(
    ("target", "changes", "message"),
    [
        (
            "youtube_vis_truth",
            {"score": [0, 1, 1]},
            "a: track 1: iscrowd: expected one value, found [0, 1]",
        ),
        (
            "youtube_vis_truth",
            {"class_id": [1, 2, 2]},
            "a: track 1: classes: expected one value, found [1, 2]",
        ),
        (
            "davis",
            {"track": [255, 2, 255]},
            "a: identity: expected 1 to 254, found 255 in frame 0 (from 0)",
        ),
        ("davis", {"track": [-1, 2, 1]}, "a: identity: expected 1 to 254, found -1 in frame 0"),
        (
            "davis",
            {"frame": [0, 0, 0], "track": [1, 2, 3]},
            "a, frame 0 (from 0): masks of tracks 1 and ",
        ),
        (
            "davis",
            {"extent": "empty"},
            "a: expected at least one frame, of 1 to 67108864 pixels, f",
        ),
        ("youtube_vis_truth", {"extent": "empty"}, "a: the sequence has no frames"),
        ("coco_truth", {"extent": "empty"}, "a: the sequence has no frames"),
    ],
)
def test_tracks_that_a_format_cannot_hold_are_not_written(tmp_path, target, changes, message):
    tracks = common()
    if changes == {"extent": "empty"}:
        tracks = replace(tracks.take(np.arange(0)), extent=replace(tracks.extent, frame_count=0))
    else:
        tracks = replace(tracks, **changes)
    for name, each in (("A", common()), ("a", tracks)):
        parquet.write_tracks(tmp_path / "in" / f"{name}.parquet", each)
    code, _, errors = run("parquet", target, tmp_path / "in", tmp_path / "out")
    assert code == 2
    assert message in errors
    assert not (tmp_path / "out").exists()  # the valid sequence is not written either


def test_videos_with_different_classes_are_not_written(tmp_path):
    for name, each in (("a", common()), ("b", everything())):
        parquet.write_tracks(tmp_path / "in" / f"{name}.parquet", each)
    code, _, errors = run("parquet", "coco_truth", tmp_path / "in", tmp_path / "t.json")
    assert code == 2
    assert "t.json: not written: the sequences differ in classes" in errors


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ones((2, 2), np.uint8)).save(path)
    return path


def test_folders_with_ambiguous_davis_sequences_are_refused(tmp_path):
    save(tmp_path / "both" / "00000.png")
    save(tmp_path / "both" / "a" / "00000.png")
    (tmp_path / "none" / "a").mkdir(parents=True)
    for name, message in (
        ("both", "both: expected PNG files or folders of them, found both"),
        ("none", "none/a: expected a PNG file for each frame, found none"),
        ("nowhere", "nowhere: no such folder"),
    ):
        code, _, errors = run("davis", "parquet", tmp_path / name, tmp_path / "out")
        assert code == 2
        assert message in errors


def test_frames_are_not_mixed_with_those_of_another_sequence(tmp_path, tracks):
    other = save(tmp_path / "out" / "a" / "00009.png")
    code, _, errors = run("parquet", "davis", tracks, tmp_path / "out")
    assert code == 2
    assert f"{other}: this file would be read as a frame" in errors
    assert list(other.parent.iterdir()) == [other]
    other.unlink()
    assert run("parquet", "davis", tracks, tmp_path / "out")[0] == 0
    assert run("parquet", "davis", tracks, tmp_path / "out")[0] == 0  # overwrites its own output


@pytest.mark.parametrize("output", ["r.json", "t.json", "link.json", "."])
def test_neither_results_nor_their_truth_are_overwritten(tmp_path, monkeypatch, tracks, output):
    monkeypatch.chdir(tmp_path)
    truth = truth_for("youtube_vis_results", tracks).rename("t.json")
    run("parquet", "youtube_vis_results", tracks, "r.json")
    Path("link.json").symlink_to("t.json")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for source, target, more in (
        ("youtube_vis_results", "coco_truth", ["--truth", truth]),
        ("youtube_vis_results", "davis", ["--truth", truth]),
    ):
        code, _, errors = run(source, target, "r.json", output, *more)
        assert code == 2
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before, errors


def test_the_truth_of_number_as_is_not_overwritten(tmp_path, tracks):
    truth = truth_for("coco_results", tracks)
    code, _, errors = run("parquet", "coco_results", tracks, truth, "--number-as", truth)
    assert code == 2
    assert f"{truth}: this is or contains the input {truth}: choose another output" in errors
    assert json.loads(truth.read_text())["videos"]


def test_a_davis_folder_behind_a_link_is_not_overwritten(tmp_path):
    source = save(tmp_path / "in" / "00000.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "in").symlink_to(tmp_path / "in")
    before = source.read_bytes()
    code, _, errors = run("davis", "davis", tmp_path / "in", tmp_path / "out")
    assert code == 2
    assert "is or contains the input" in errors
    assert source.read_bytes() == before


@pytest.mark.parametrize("target", JSON)
def test_a_json_file_is_complete_or_unchanged(tmp_path, monkeypatch, tracks, target):
    (tmp_path / "out.json").write_text("before")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    found = run("parquet", target, tracks, tmp_path / "out.json")
    assert found[::2] == (2, "error: disk full\n")
    assert (tmp_path / "out.json").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "out.json"]
