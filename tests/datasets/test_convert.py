from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from datasets import convert, parquet, rle
from datasets.format import Given
from datasets.formats import FORMATS
from datasets.types import NO_TRACK, Extent, Tracks

CLASSES = {1: "car", 2: "pedestrian", 3: "crowd"}
EXTENT = Extent(6, 8, 4, CLASSES, (3,))
FLAGS = {
    "size": ["--size", "6", "8"],
    "frames": ["--frames", "4"],
    "classes": ["--classes", "1=car", "2=pedestrian"],
}
HOLDS_MASKS = ("mots", "mots_challenge", "parquet")
LINE = "1,5,11,21,30,40,0.5,-1,-1,-1\n"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program in this process; return its exit code, output and errors."""

    def call(source, target, *more):
        words = ["convert", "--from", source, "--to", target, *map(str, more)]
        monkeypatch.setattr(sys, "argv", words)
        try:
            return convert.main(), *capsys.readouterr()
        except SystemExit as error:  # of the parser, which prints its usage before the reason
            return error.code, "", capsys.readouterr().err.splitlines()[-1] + "\n"

    return call


def everything() -> Tracks:
    """Return a car, a pedestrian and a crowd to ignore, with all that tracks can hold."""
    masks = np.zeros((4, 6, 8), bool)
    masks[0, 0:3, 1:3] = masks[1, 4:, 5:] = masks[2, 1:4, 1:3] = masks[3, :2, 6:] = True
    runs = rle.encode(masks)
    return Tracks(
        EXTENT,
        frame=np.array([0, 0, 2, 2]),
        track=np.array([1, 2, 1, NO_TRACK]),
        class_id=np.array([1, 2, 1, 3]),
        score=np.array([1, 0, 1, 1]),
        box=runs.boxes,
        rle=runs,
        visibility=np.array([1, 0.5, 1, 1]),
    )


LOST = {
    "mot": "the image size, the number of frames, the names of classes, masks (4 rows), "
    "marks of what is ignored (1 row), visibility (4 rows)",
    "mot_truth": "the image size, the number of frames, the names of classes, masks (4 rows), "
    "marks of what is ignored (1 row)",
    "mots": "the number of frames, scores (1 row), visibility (4 rows)",
    "mots_challenge": "the number of frames, scores (1 row), visibility (4 rows)",
    "kitti": "the image size, the number of frames, masks (4 rows), visibility (4 rows)",
    "kitti_truth": "the image size, the number of frames, masks (4 rows), visibility (4 rows)",
    "kitti_dump": "the image size, masks (4 rows), visibility (4 rows), "
    "marks of what is ignored (1 row)",
    "sam2_jsonl": "the image size, the number of frames, masks (4 rows), visibility (4 rows), "
    "marks of what is ignored (1 row), scores (1 row), rows without identity (1 row)",
}


@pytest.mark.parametrize("target", LOST)
def test_all_that_a_format_cannot_hold_is_listed(run, tmp_path, target):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    found = run("parquet", target, tmp_path / "a.parquet", tmp_path / "out")
    assert found == (0, f"{tmp_path / 'out'}: sequences: 1, rows: 4\n", f"lost: {LOST[target]}\n")


@pytest.mark.parametrize("target", ["mot15", "mot", "kitti", "kitti_dump", "parquet"])
def test_what_is_not_there_is_not_listed(run, tmp_path, target):
    (tmp_path / "a.txt").write_text("1,5,11,21,30,40,1,-1,-1,-1\n")
    more = FLAGS["size"] + FLAGS["frames"]
    assert run("mot15", target, tmp_path / "a.txt", tmp_path / "out", *more)[2] in (
        "", "lost: the names of classes\n"
    )  # fmt: skip


def test_parquet_loses_nothing(run, tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    assert run("parquet", "parquet", tmp_path / "a.parquet", tmp_path / "out")[2] == ""
    assert parquet.read_tracks(tmp_path / "out" / "a.parquet").same(everything())


def common() -> Tracks:
    """Return what every format can hold but MOT15, which has no cars, and masks beside it."""
    tracks = everything().take(np.arange(3))
    extent = Extent(6, 8, 4, {1: "car", 2: "pedestrian"})
    return replace(tracks, extent=extent, score=np.ones(3), visibility=None)


def read(name: str, path: Path, classes: Mapping[int, str]) -> Tracks:
    takes = FORMATS[name].takes
    given = Given(
        (6, 8) if "size" in takes else None,
        4 if "frames" in takes else None,
        classes if "classes" in takes else None,
    )
    (tracks,) = FORMATS[name].read(path, given).values()
    return tracks


def rows(tracks: Tracks) -> list[tuple]:
    names = [tracks.extent.classes[key] for key in tracks.class_id.tolist()]
    columns = tracks.frame.tolist(), tracks.track.tolist(), names, tracks.box.tolist()
    return list(zip(*columns, tracks.score.tolist(), strict=True))


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_every_format_becomes_every_other(run, tmp_path, source, target):
    parquet.write_tracks(tmp_path / "a.parquet", common())
    only_people = ["--rename", "car=pedestrian"]
    first = only_people if source == "mot15" else []  # their class id is that of the car then
    run("parquet", source, tmp_path / "a.parquet", tmp_path / "one", *first)
    needed = FORMATS[target].says - FORMATS[source].says
    more = [word for fact in needed & FLAGS.keys() for word in FLAGS[fact]]
    if target == "mot15" and source != "mot15":
        more += only_people
    found = run(source, target, tmp_path / "one", tmp_path / "two", *more)
    if FORMATS[target].masks and source not in HOLDS_MASKS:
        assert found[::2] == (2, f"error: a: {target} holds masks, and there are none\n")
        return
    assert found[0] == 0, found
    one = read(source, tmp_path / "one", {1: "car", 2: "pedestrian"})
    two = read(target, tmp_path / "two", one.extent.classes)
    expected = rows(one)
    if target == "mot15":
        expected = [(*row[:2], "pedestrian", *row[3:]) for row in expected]
    assert rows(two) == expected
    assert two.extent.frame_count == 4
    masks = source in HOLDS_MASKS and target in HOLDS_MASKS
    assert (two.rle == common().rle) if masks else (one.rle is None or two.rle is None)


def test_the_program_runs_as_its_users_run_it(tmp_path):
    (tmp_path / "a.txt").write_text(LINE)
    command = ["-m", "datasets.convert", "--from", "mot", "--to", "kitti", "a.txt", "b.txt"]
    done = subprocess.run(
        [sys.executable, *command, "--classes", "1=car"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("b.txt: sequences: 1, rows: 1\n", "")
    assert (tmp_path / "b.txt").read_text().startswith("0 5 Car -1 -1 -10 10.0 20.0 40.0 60.0 ")


def test_a_folder_becomes_a_folder_with_the_same_names(run, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("MOT17-02.v2", "b"):
        (tmp_path / "in" / f"{name}.txt").write_text(LINE)
    more = ["--frames", "2", "--classes", "1=person"]
    run("mot", "kitti_dump", tmp_path / "in", tmp_path / "dumps", *more)
    run("kitti_dump", "sam2_jsonl", tmp_path / "dumps", tmp_path / "lines")
    found = sorted(path.name for path in (tmp_path / "lines").iterdir())
    assert found == ["MOT17-02.v2.jsonl", "b.jsonl"]


def test_streams_keep_their_names(run, tmp_path):
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


def test_class_ids_are_the_same_in_all_sequences(run, tmp_path):
    (tmp_path / "in").mkdir()
    for name, key in (("a", 1), ("b", 2)):
        text = LINE.replace("-1,-1,-1", f"{key},-1,-1")
        (tmp_path / "in" / f"{name}.txt").write_text(text)
    run("mot", "sam2_jsonl", tmp_path / "in", tmp_path / "lines", "--classes", "1=dog", "2=cat")
    run("sam2_jsonl", "mot", tmp_path / "lines", tmp_path / "out")
    classes = [(tmp_path / "out" / f"{name}.txt").read_text().split(",")[7] for name in "ab"]
    assert classes == ["2", "-1"]  # cat is 1 now, which results do not name


def test_what_the_input_holds_beyond_tracks_is_lost_too(run, tmp_path):
    (tmp_path / "a.txt").write_text("0 1 Car 0 1 -1.5 1 2 3 4 1.5 1.6 3.9 -2.5 1.7 20.1 0.5\n")
    found = run("kitti_truth", "kitti", tmp_path / "a.txt", tmp_path / "b.txt")
    assert found[2] == "lost: 3-D boxes (1 row), levels of occlusion and truncation (1 row)\n"


def test_classes_are_renamed_and_made_one(run, tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    renamed = ["--rename", "car=thing", "pedestrian=thing"]
    run("parquet", "parquet", tmp_path / "a.parquet", tmp_path / "b.parquet", *renamed)
    found = parquet.read_tracks(tmp_path / "b.parquet")
    assert found.extent == replace(EXTENT, classes={1: "thing", 3: "crowd"})
    assert found.class_id.tolist() == [1, 1, 1, 3]


def test_a_region_to_ignore_is_one_in_every_benchmark(run, tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    run("parquet", "mots", tmp_path / "a.parquet", tmp_path / "m.txt")
    assert (tmp_path / "m.txt").read_text().splitlines()[3].startswith("2 10000 10 6 8 ")
    run("mots", "kitti_truth", tmp_path / "m.txt", tmp_path / "k.txt")
    assert (tmp_path / "k.txt").read_text().splitlines()[3].startswith("2 -1 DontCare -1 -1 ")


PERSON = ["--classes", "1=person"]


@pytest.mark.parametrize(
    ("source", "target", "more", "message"),
    [
        ("mot", "parquet", [], "parquet needs the image size, mot does not say: give --size HEIG"),
        ("mot", "parquet", FLAGS["size"], "parquet needs the number of frames, mot does not say: "),
        ("mot", "kitti", [], "kitti needs the names of classes, mot does not say: give --classes "),
        ("mot", "kitti", PERSON, "a: class 'person' found, expected one of ['car', 'van', "),
        (
            "mot",
            "mot15",
            PERSON,
            "expected one of ['pedestrian']: use --rename, as in ",
        ),
        ("mot", "kitti", [*PERSON, "--rename", "man=car"], "--rename: no class ['man']: expected "),
        ("mot", "mots", [], "a: mots holds masks, and there are none"),
        ("mot", "mot", ["--frames", "0"], "argument --frames: '0' found, expected a whole number"),
        ("mot", "mot", ["--first-frame", "1"], "--first-frame: mot has no use for the number of"),
        ("mot", "mot", ["--classes", "1"], "argument --classes: '1' found, expected two words"),
        ("mot", "mot", ["--classes", "x=a"], "--classes: 'x' found, expected a whole number"),
        ("mot", "mot", ["--classes", "1=a", "1=b"], "--classes: an id is given twice"),
        ("mot", "mot", ["--classes", "2=a"], "a.txt, line 1"),
        ("mot", "mot", [*PERSON, "--ignored", "2"], "--ignored: [2] found, expected some of [1]"),
        ("kitti", "mot", PERSON, "--classes: kitti says the names of classes itself"),
        ("kitti", "mot", [], "a.txt, line 1 ('1,5,11,21,30,40,0.5,-1,-1,-1'): 1 columns"),
        ("mots", "mot", [], "a.txt, line 1: 1 columns, expected 6"),
        ("kitti_dump", "mot", [], "a.txt: a dump is a folder, this is a file"),
        ("sam2_jsonl", "mot", [], "a.txt, line 1"),
        ("parquet", "mot", [], "a.txt: Parquet magic bytes not found"),
        ("xml", "mot", [], "argument --from: invalid choice: 'xml'"),
    ],
)
def test_bad_input_ends_with_two_and_one_line(run, tmp_path, source, target, more, message):
    (tmp_path / "a.txt").write_text(LINE)
    code, _, errors = run(source, target, tmp_path / "a.txt", tmp_path / "out", *more)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_path_that_is_not_there_is_named(run, tmp_path):
    code, _, errors = run("mot", "mot", tmp_path / "nowhere", tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path / 'nowhere'}: no such file or folder\n")
    code, _, errors = run("mot", "mot", tmp_path, tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path}: no file *.txt found\n")


def test_many_sequences_do_not_go_into_one_file(run, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(LINE)
    code, _, errors = run("mot", "mot_truth", tmp_path, tmp_path / "out" / "c.txt")
    assert code == 2
    assert "c.txt: 2 sequences for one file: name a folder" in errors


@pytest.mark.parametrize("output", ["in/a.txt", "in", ".", "link", "linked.txt"])
@pytest.mark.parametrize("given", ["in", "in/a.txt"])
def test_the_input_is_never_overwritten(run, tmp_path, monkeypatch, given, output):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(LINE)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "in" / "a.txt")
    monkeypatch.chdir(tmp_path)
    code, _, errors = run("mot", "kitti", given, output, "--classes", "1=car")
    assert code == 2
    assert "is or holds the input in/a.txt: name another place" in errors
    assert (tmp_path / "in" / "a.txt").read_text() == LINE
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("target", ["mot", "mot_truth", "kitti", "kitti_truth"])
def test_an_identity_that_readers_would_round_is_not_written(run, tmp_path, target):
    large = replace(common(), track=np.array([1, 2, 2**53]))
    parquet.write_tracks(tmp_path / "a.parquet", large)
    code, _, errors = run("parquet", target, tmp_path / "a.parquet", tmp_path / "b.txt")
    assert code == 2
    assert "b.txt: identity 9007199254740992 cannot be written: it is beyond 2^53" in errors


def test_a_dump_is_not_written_over_itself(run, tmp_path):
    (tmp_path / "00_000_000000.txt").write_text("")
    code, _, errors = run("kitti_dump", "kitti_dump", tmp_path, tmp_path)
    assert code == 2
    assert "is or holds the input" in errors


def test_first_frame_says_which_image_is_the_first(run, tmp_path):
    (tmp_path / "a.txt").write_text(LINE)
    run("mot", "sam2_jsonl", tmp_path / "a.txt", tmp_path / "a.jsonl", *PERSON)
    text = (tmp_path / "a.jsonl").read_text().replace("000000.jpg", "000007.jpg")
    (tmp_path / "a.jsonl").write_text(text)
    run("sam2_jsonl", "mot", tmp_path / "a.jsonl", tmp_path / "b.txt", "--first-frame", "7")
    assert (tmp_path / "b.txt").read_text().startswith("1,1,11.0,")
