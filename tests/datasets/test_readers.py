from __future__ import annotations

import shutil

import pytest

from datasets.prepare import load_reader
from datasets.readers import mot17, tud
from datasets.sequence_json import read_sequence, write_prepared


def test_tud_has_its_two_sequences():
    root = tud.locate(None)
    for name, frames, rows in (("TUD-Campus", 71, 359), ("TUD-Stadtmitte", 179, 1156)):
        prepared = tud.read("tud", root, name, root)
        assert prepared.sequence.extent.frame_count == frames
        assert len(prepared.truth) == rows  # TP + FN of the golden table


def test_mot17_counts_are_those_of_its_readme(shared):
    root = mot17.locate(str(shared / "mot17"))
    names = sorted(path.name for path in (root / "train").iterdir())
    prepared = [mot17.read("mot17", root, name, root) for name in names]
    assert sum(p.sequence.extent.frame_count for p in prepared) == 5316
    scored = [(p.truth.score != 0) & (p.truth.class_id == 1) for p in prepared]
    assert sum(int(rows.sum()) for rows in scored) == 112297


def test_a_missing_sequence_lists_those_there_are(shared):
    with pytest.raises(FileNotFoundError, match=r"no sequence 'MOT17-99'.*MOT17-02-FRCNN"):
        mot17.inputs(shared / "mot17", "MOT17-99")


def test_a_missing_root_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"root: .*nowhere: no such folder"):
        mot17.locate(str(tmp_path / "nowhere"))


def test_a_length_that_is_no_number_is_named(shared, tmp_path):
    name = "MOT17-09-FRCNN"
    shutil.copytree(shared / "mot17" / "train" / name, tmp_path / "train" / name)
    info = tmp_path / "train" / name / "seqinfo.ini"
    info.chmod(0o644)
    info.write_text(info.read_text().replace("seqLength=525", "seqLength=many"))
    with pytest.raises(ValueError, match="seqLength: 'many' found, expected a whole number"):
        mot17.read("mot17", tmp_path, name, tmp_path)


def test_an_unknown_reader_lists_the_known():
    with pytest.raises(ValueError, match=r"reader 'coco' is unknown.*'mot17', 'synthetic', 'tud'"):
        load_reader("coco")


def test_a_prepared_sequence_reads_back(tmp_path):
    root = tud.locate(None)
    prepared = tud.read("tud", root, "TUD-Campus", tmp_path)
    write_prepared(tmp_path / "sequence.json", prepared)
    assert read_sequence(tmp_path / "sequence.json") == prepared.sequence


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"schema_version": 2', '"schema_version": 7', "schema version 7 found, expected 2"),
        ('"frame_rate"', '"frames_rate"', r"keys missing: \['frame_rate'\]"),
        ("{", "", "not valid JSON"),
    ],
)
def test_a_sequence_file_that_is_not_one_is_refused(tmp_path, old, new, message):
    path = tmp_path / "sequence.json"
    write_prepared(path, tud.read("tud", tud.locate(None), "TUD-Campus", tmp_path))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=rf"sequence\.json: {message}"):
        read_sequence(path)
