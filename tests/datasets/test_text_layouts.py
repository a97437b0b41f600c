from __future__ import annotations

import numpy as np
import pytest

from datasets import mots_text, rle
from datasets.layout import load_layout

INFO = "[Sequence]\nimHeight=4\nimWidth=5\nseqLength=3\nframeRate=25\n"
RUN = rle.encode(np.ones((1, 4, 5), bool))[0].decode()


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_frames_of_mots_challenge_count_from_one(tmp_path):
    written(tmp_path / "truth" / "a" / "seqinfo.ini", INFO)
    written(tmp_path / "truth" / "a" / "gt" / "gt.txt", f"1 2001 2 4 5 {RUN}\n")
    written(tmp_path / "results" / "a.txt", f"3 7 2 4 5 {RUN}\n")
    mots = load_layout("mots")
    assert mots.list_sequences(tmp_path / "truth") == ["a"]
    truth, prediction = mots.read_pair(tmp_path / "truth", tmp_path / "results", "a")
    assert (truth.frame.tolist(), prediction.frame.tolist()) == ([0], [2])
    assert truth.extent == prediction.extent == mots_text.mots_extent(4, 5, 3)


def plain_folders(tmp_path, classes=None):
    """Return truth and results of one sequence with a row of class 1 and one of class 2 each."""
    rows = "1,5,1,1,2,2,1,1,1\n1,6,1,1,2,2,1,2,1\n" if classes else "1,5,1,1,2,2,1,1,1\n"
    written(tmp_path / "truth" / "a" / "seqinfo.ini", INFO)
    written(tmp_path / "truth" / "a" / "gt" / "gt.txt", rows)
    written(tmp_path / "results" / "a.txt", "1,7,1,1,2,2,0.5,-1,-1,-1\n")
    if classes:
        written(tmp_path / "truth" / "classes.yaml", classes)
    return tmp_path / "truth", tmp_path / "results"


def test_plain_data_has_one_class_unless_a_file_names_others(tmp_path):
    truth, _ = load_layout("plain").read_pair(*plain_folders(tmp_path), "a")
    assert (truth.extent.classes, truth.extent.ignored) == ({1: "pedestrian"}, ())


def test_a_file_beside_the_sequences_names_the_classes(tmp_path):
    folders = plain_folders(tmp_path, "classes: {1: person, 2: bag}\nignored: [2]\n")
    assert load_layout("plain").list_sequences(folders[0]) == ["a"]
    truth, prediction = load_layout("plain").read_pair(*folders, "a")
    assert truth.extent == prediction.extent
    assert (truth.extent.classes, truth.extent.ignored) == ({1: "person", 2: "bag"}, (2,))
    assert (truth.class_id.tolist(), prediction.class_id.tolist()) == ([1, 2], [1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("classes: {1: a", "not valid YAML: while parsing"),
        ("- 1", "expected the key classes, and ignored or no other"),
        ("classes: {1: a}\nignore: [1]", "expected the key classes, and ignored or no other"),
        ("classes: [a]", r", classes: \['a'\] found, expected ids with their names"),
        ("classes: {}", ", classes: {} found, expected ids with their names"),
        ("classes: {a: b}", ", classes: 'a' found, expected a whole number"),
        ("classes: {true: b}", ", classes: True found, expected a whole number"),
        ("classes: {-1: b}", ", classes: -1 found, expected a whole number"),
        ("classes: {1: no}", ", classes: 1: False found, expected a name of its own"),
        ("classes: {1: a, 2: a}", ", classes: 2: 'a' found, expected a name of its own"),
        ("classes: {1: a}\nignored: 1", ", ignored: 1 found, expected a list of class ids"),
        ("classes: {1: a}\nignored: [2]", r", ignored: \[2\] found, expected some of \[1\]"),
    ],
)
def test_classes_that_cannot_be_are_named_with_file_and_key(tmp_path, text, message):
    folders = plain_folders(tmp_path, text)
    with pytest.raises(ValueError, match=rf"classes\.yaml:? ?{message}"):
        load_layout("plain").read_pair(*folders, "a")
