"""Conversions that are refused: exit code 2, one line of explanation, and nothing written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.conversion.registry import FORMATS
from datasets.formats import parquet
from tests.support.datasets.converting import FLAGS, LINE, PERSON, common, everything, run


@pytest.mark.parametrize(
    ("source", "target", "more", "message"),
    [
        (
            "mot",
            "parquet",
            [],
            "parquet requires the image size, which mot does not provide: add --size HEIGHT WIDTH",
        ),
        ("mot", "parquet", FLAGS["size"], "parquet requires the number of frames, which mot does "),
        (
            "mot",
            "kitti",
            [],
            "kitti requires the class names, which mot does not provide: add --cl",
        ),
        ("mot", "kitti", PERSON, "a: expected a class among ['car', 'van', "),
        (
            "mot",
            "mot15",
            PERSON,
            "expected a class among ['pedestrian'], found 'person': rename classes by --rename",
        ),
        (
            "mot",
            "kitti",
            [*PERSON, "--rename", "man=car"],
            "--rename: expected classes among ['person'], found ['man']",
        ),
        ("mot", "mots", [], "a: mots holds only masks, but the input has none"),
        (
            "mot",
            "mot",
            ["--frames", "0"],
            "argument --frames: expected a whole number of at least 1, found '0'",
        ),
        ("mot", "mot", ["--first-frame", "1"], "--first-frame: mot does not use the number of t"),
        (
            "mot",
            "mot",
            ["--classes", "1"],
            "argument --classes: expected a pair such as 1=person, found '1'",
        ),
        ("mot", "mot", ["--classes", "x=a"], "--classes: expected a whole number, found 'x'"),
        ("mot", "mot", ["--classes", "1=a", "1=b"], "--classes: expected unique ids, found"),
        ("mot", "mot", ["--classes", "1=a", "2=b"], "expected 1 for a, 2 for b in column 8"),
        ("mot", "mot", [*PERSON, "--ignored", "2"], "--ignored: expected ids among [1], found [2]"),
        ("kitti", "mot", PERSON, "--classes: kitti provides the class names itself"),
        (
            "kitti",
            "mot",
            [],
            "a.txt, line 1 ('1,5,11,21,30,40,0.5,-1,-1,-1'): type: expected one of ",
        ),
        ("mots", "mot", [], "a.txt, line 1: expected 6 columns, separated by spaces, found 1"),
        ("kitti_dump", "mot", [], "a.txt: expected the folder of a dump, found a file"),
        ("sam2_jsonl", "mot", [], "a.txt, line 1"),
        ("parquet", "mot", [], "a.txt: Parquet magic bytes not found"),
        ("xml", "mot", [], "argument --from: invalid choice: 'xml'"),
    ],
)
def test_invalid_input_ends_with_exit_code_two_and_one_line(
    tmp_path, source, target, more, message
):
    (tmp_path / "a.txt").write_text(LINE)
    code, _, errors = run(source, target, tmp_path / "a.txt", tmp_path / "out", *more)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_path_is_named(tmp_path):
    code, _, errors = run("mot", "mot", tmp_path / "nowhere", tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path / 'nowhere'}: no such file or folder\n")
    code, _, errors = run("mot", "mot", tmp_path, tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path}: expected files *.txt, found none\n")


def test_several_sequences_are_not_written_to_one_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(LINE)
    code, _, errors = run("mot", "mot_truth", tmp_path, tmp_path / "out" / "c.txt")
    assert code == 2
    assert "c.txt: expected one sequence for one file, found 2 sequences: use a folder" in errors


@pytest.mark.parametrize("output", ["in/a.txt", "in", ".", "link", "linked.txt"])
@pytest.mark.parametrize("source", ["in", "in/a.txt"])
def test_the_input_is_never_overwritten(tmp_path, monkeypatch, source, output):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(LINE)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "in" / "a.txt")
    monkeypatch.chdir(tmp_path)
    code, _, errors = run("mot", "kitti", source, output, "--classes", "1=car")
    assert code == 2
    assert "this is or contains the input in/a.txt: choose another output" in errors
    assert (tmp_path / "in" / "a.txt").read_text() == LINE
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("target", ["mot", "mot_truth", "kitti", "kitti_truth"])
def test_an_identity_that_readers_would_round_is_refused(tmp_path, target):
    large = replace(common(), track=np.array([1, 2, 2**53]))
    parquet.write_tracks(tmp_path / "a.parquet", large)
    code, _, errors = run("parquet", target, tmp_path / "a.parquet", tmp_path / "b.txt")
    assert code == 2
    assert "b.txt: not written: expected identities below 2^53, found 9007199254740992" in errors


def test_a_dump_does_not_overwrite_itself(tmp_path):
    (tmp_path / "00_000_000000.txt").write_text("")
    code, _, errors = run("kitti_dump", "kitti_dump", tmp_path, tmp_path)
    assert code == 2
    assert "is or contains the input" in errors


def test_an_ignored_and_a_scored_class_are_not_merged(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    more = ["--rename", "crowd=car"]
    found = run("parquet", "mot", tmp_path / "a.parquet", tmp_path / "a.txt", *more)
    error = "error: class 'car' would be both ignored and scored\n"
    assert found[::2] == (2, error)


@pytest.mark.parametrize("name", ["mot", "kitti_dump"])
def test_a_sequence_name_cannot_be_a_path(tmp_path, name):
    for path in ("../a", "a/b", "..", ""):
        with pytest.raises(ValueError, match="this cannot be the name of a file or folder"):
            FORMATS[name].write(tmp_path / "out", {path: common()})
    assert not list(tmp_path.iterdir())


def test_a_subfolder_of_dumps_has_only_one_stream(tmp_path):
    for stream in ("00_000", "00_001"):
        (tmp_path / "in" / "night").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "night" / f"{stream}_000000.txt").write_text("")
    code, _, errors = run("kitti_dump", "mot", tmp_path / "in", tmp_path / "out")
    assert code == 2
    assert "night: expected one stream per subfolder, found ['00_000', '00_001']" in errors
