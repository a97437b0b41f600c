"""What the converter refuses: with exit code 2, one line, and nothing written."""

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
        ("mot", "mot", ["--classes", "1=a", "2=b"], "expected 1 for a, 2 for b in column 8"),
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
def test_bad_input_ends_with_two_and_one_line(tmp_path, source, target, more, message):
    (tmp_path / "a.txt").write_text(LINE)
    code, _, errors = run(source, target, tmp_path / "a.txt", tmp_path / "out", *more)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_path_that_is_not_there_is_named(tmp_path):
    code, _, errors = run("mot", "mot", tmp_path / "nowhere", tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path / 'nowhere'}: no such file or folder\n")
    code, _, errors = run("mot", "mot", tmp_path, tmp_path / "out")
    assert (code, errors) == (2, f"error: {tmp_path}: no file *.txt found\n")


def test_many_sequences_do_not_go_into_one_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(LINE)
    code, _, errors = run("mot", "mot_truth", tmp_path, tmp_path / "out" / "c.txt")
    assert code == 2
    assert "c.txt: 2 sequences for one file: name a folder" in errors


@pytest.mark.parametrize("output", ["in/a.txt", "in", ".", "link", "linked.txt"])
@pytest.mark.parametrize("given", ["in", "in/a.txt"])
def test_the_input_is_never_overwritten(tmp_path, monkeypatch, given, output):
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
def test_an_identity_that_readers_would_round_is_not_written(tmp_path, target):
    large = replace(common(), track=np.array([1, 2, 2**53]))
    parquet.write_tracks(tmp_path / "a.parquet", large)
    code, _, errors = run("parquet", target, tmp_path / "a.parquet", tmp_path / "b.txt")
    assert code == 2
    assert "b.txt: identity 9007199254740992 cannot be written: it is beyond 2^53" in errors


def test_a_dump_is_not_written_over_itself(tmp_path):
    (tmp_path / "00_000_000000.txt").write_text("")
    code, _, errors = run("kitti_dump", "kitti_dump", tmp_path, tmp_path)
    assert code == 2
    assert "is or holds the input" in errors


def test_a_class_is_not_made_one_with_another_that_is_ignored(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    more = ["--rename", "crowd=car"]
    found = run("parquet", "mot", tmp_path / "a.parquet", tmp_path / "a.txt", *more)
    assert found[::2] == (2, "error: class 'car' would be ignored and not ignored\n")


@pytest.mark.parametrize("name", ["mot", "kitti_dump"])
def test_a_sequence_cannot_be_called_a_path(tmp_path, name):
    for path in ("../a", "a/b", "..", ""):
        with pytest.raises(ValueError, match="cannot be the name of a file or folder"):
            FORMATS[name].write(tmp_path / "out", {path: common()})
    assert not list(tmp_path.iterdir())


def test_a_sequence_in_a_folder_of_its_own_is_one_stream(tmp_path):
    for stream in ("00_000", "00_001"):
        (tmp_path / "in" / "night").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "night" / f"{stream}_000000.txt").write_text("")
    code, _, errors = run("kitti_dump", "mot", tmp_path / "in", tmp_path / "out")
    assert code == 2
    assert "night: one stream expected beside others, found ['00_000', '00_001']" in errors
