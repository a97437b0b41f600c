from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import parquet
from tests.support.datasets.converting import EXTENT, FLAGS, LINE, PERSON, common, everything, run
from tests.support.paths import ROOT

DROPPED = {
    "mot": "image size, number of frames, class names, masks (4 rows), "
    "ignore flags (1 row), visibility (4 rows)",
    "mot_truth": "image size, number of frames, class names, masks (4 rows), ignore flags (1 row)",
    "mots": "number of frames, scores (1 row), visibility (4 rows)",
    "mots_challenge": "number of frames, scores (1 row), visibility (4 rows)",
    "kitti": "image size, number of frames, masks (4 rows), visibility (4 rows)",
    "kitti_truth": "image size, number of frames, masks (4 rows), visibility (4 rows)",
    "kitti_dump": "image size, masks (4 rows), visibility (4 rows), ignore flags (1 row)",
    "sam2_jsonl": "image size, number of frames, masks (4 rows), visibility (4 rows), "
    "ignore flags (1 row), scores (1 row), rows without identity (1 row)",
    "youtube_vis_truth": "visibility (4 rows), ignore flags (1 row), rows without identity (1 row)",
    "youtube_vis_results": "class names, visibility (4 rows), ignore flags (1 row), "
    "rows without identity (1 row)",
    "coco_truth": "visibility (4 rows), ignore flags (1 row), rows without identity (1 row)",
    "coco_results": "image size, number of frames, class names, "
    "visibility (4 rows), ignore flags (1 row), rows without identity (1 row)",
    "davis": "scores (1 row), classes other than object (3 rows), visibility (4 rows)",
}


@pytest.mark.parametrize("target", DROPPED)
def test_every_dropped_field_is_listed(tmp_path, target):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    found = run("parquet", target, tmp_path / "a.parquet", tmp_path / "out")
    summary = f"{tmp_path / 'out'}: sequences: 1, rows: 4\n"
    assert found == (0, summary, f"dropped: {DROPPED[target]}\n")


@pytest.mark.parametrize("target", ["mot15", "mot", "kitti", "kitti_dump", "parquet"])
def test_absent_fields_are_not_listed(tmp_path, target):
    (tmp_path / "a.txt").write_text("1,5,11,21,30,40,1,-1,-1,-1\n")
    more = FLAGS["size"] + FLAGS["frames"]
    assert run("mot15", target, tmp_path / "a.txt", tmp_path / "out", *more)[2] in (
        "", "dropped: class names\n"
    )  # fmt: skip


def test_frames_after_the_last_row_are_listed_as_dropped(tmp_path):
    for name, frames in (("a", 3), ("b", 4)):
        extent = replace(common().extent, frame_count=frames)
        parquet.write_tracks(tmp_path / f"{name}.parquet", replace(common(), extent=extent))
    one, two = (
        run("parquet", "mots", tmp_path / f"{name}.parquet", tmp_path / "out")[2] for name in "ab"
    )
    assert (one, two) == ("", "dropped: number of frames\n")


def test_boxes_that_are_not_tight_are_dropped_by_mask_formats(tmp_path):
    wide = common().box + np.array([[0, 0, 0, 0], [0, 0, 0, 0.5], [-1, 0, 0, 0]])
    extent = replace(common().extent, frame_count=3)
    parquet.write_tracks(tmp_path / "a.parquet", replace(common(), box=wide, extent=extent))
    found = run("parquet", "mots", tmp_path / "a.parquet", tmp_path / "out")
    assert found[2] == "dropped: boxes that are not tight around masks (2 rows)\n"


def test_an_ignored_class_renamed_to_a_scored_one_loses_its_ignore_flag(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    more = ["--rename", "crowd=cyclist"]
    found = run("parquet", "kitti", tmp_path / "a.parquet", tmp_path / "a.txt", *more)
    assert found[2].startswith("dropped: image size, number of frames, ignore flags (1 row), masks")


def test_uids_and_file_names_are_dropped(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"fileName": "1.jpg", "prelabels": []}\n')
    found = run("sam2_jsonl", "mot", tmp_path / "a.jsonl", tmp_path / "a.txt")
    assert found[2] == "dropped: uids, file names\n"


def test_parquet_drops_nothing(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    assert run("parquet", "parquet", tmp_path / "a.parquet", tmp_path / "out")[2] == ""
    assert parquet.read_tracks(tmp_path / "out" / "a.parquet").same(everything())


@pytest.mark.slow
def test_the_converter_runs_as_a_command(tmp_path):
    (tmp_path / "a.txt").write_text(LINE)
    command = ["-m", "datasets.convert", "--from", "mot", "--to", "kitti", "a.txt", "b.txt"]
    done = subprocess.run(
        [sys.executable, *command, "--classes", "1=car"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("b.txt: sequences: 1, rows: 1\n", "")
    assert (tmp_path / "b.txt").read_text().startswith("0 5 Car -1 -1 -10 10.0 20.0 40.0 60.0 ")


def test_a_folder_becomes_a_folder_with_the_same_names(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("MOT17-02.v2", "b"):
        (tmp_path / "in" / f"{name}.txt").write_text(LINE)
    more = ["--frames", "2", "--classes", "1=person"]
    run("mot", "kitti_dump", tmp_path / "in", tmp_path / "dumps", *more)
    run("kitti_dump", "sam2_jsonl", tmp_path / "dumps", tmp_path / "lines")
    found = sorted(path.name for path in (tmp_path / "lines").iterdir())
    assert found == ["MOT17-02.v2.jsonl", "b.jsonl"]


def test_streams_keep_their_names(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("00_000", "00_003"):
        (tmp_path / "in" / f"{name}.txt").write_text(LINE)
    more = ["--frames", "2", "--classes", "1=person"]
    run("mot", "kitti_dump", tmp_path / "in", tmp_path / "dump", *more)
    assert len(list((tmp_path / "dump").glob("00_003_00000*.txt"))) == 2
    run("kitti_dump", "mot", tmp_path / "dump", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "00_000.txt",
        "00_003.txt",
    ]


def test_class_ids_are_consistent_over_all_sequences(tmp_path):
    (tmp_path / "in").mkdir()
    for name, key in (("a", 1), ("b", 2)):
        text = LINE.replace("-1,-1,-1", f"{key},-1,-1")
        (tmp_path / "in" / f"{name}.txt").write_text(text)
    run("mot", "sam2_jsonl", tmp_path / "in", tmp_path / "lines", "--classes", "1=dog", "2=cat")
    run("sam2_jsonl", "mot", tmp_path / "lines", tmp_path / "out")
    classes = [(tmp_path / "out" / f"{name}.txt").read_text().split(",")[7] for name in "ab"]
    assert classes == ["2", "1"]  # cat is now 1; with two classes, each row has a class


def test_fields_that_tracks_cannot_hold_are_dropped_too(tmp_path):
    (tmp_path / "a.txt").write_text("0 1 Car 0 1 -1.5 1 2 3 4 1.5 1.6 3.9 -2.5 1.7 20.1 0.5\n")
    found = run("kitti_truth", "kitti", tmp_path / "a.txt", tmp_path / "b.txt")
    assert found[2] == "dropped: 3-D boxes (1 row), occlusion and truncation levels (1 row)\n"


def test_classes_are_renamed_and_merged(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    renamed = ["--rename", "car=thing", "pedestrian=thing"]
    run("parquet", "parquet", tmp_path / "a.parquet", tmp_path / "b.parquet", *renamed)
    found = parquet.read_tracks(tmp_path / "b.parquet")
    assert found.extent == replace(EXTENT, classes={1: "thing", 3: "crowd"})
    assert found.class_id.tolist() == [1, 1, 1, 3]


def test_an_ignore_region_stays_one_in_every_benchmark(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    run("parquet", "mots", tmp_path / "a.parquet", tmp_path / "m.txt")
    assert (tmp_path / "m.txt").read_text().splitlines()[3].startswith("2 10000 10 6 8 ")
    run("mots", "kitti_truth", tmp_path / "m.txt", tmp_path / "k.txt")
    assert (tmp_path / "k.txt").read_text().splitlines()[3].startswith("2 -1 DontCare -1 -1 ")


def test_first_frame_is_the_number_of_the_first_image(tmp_path):
    (tmp_path / "a.txt").write_text(LINE)
    run("mot", "sam2_jsonl", tmp_path / "a.txt", tmp_path / "a.jsonl", *PERSON)
    text = (tmp_path / "a.jsonl").read_text().replace("000000.jpg", "000007.jpg")
    (tmp_path / "a.jsonl").write_text(text)
    run("sam2_jsonl", "mot", tmp_path / "a.jsonl", tmp_path / "b.txt", "--first-frame", "7")
    assert (tmp_path / "b.txt").read_text().startswith("1,1,11.0,")
