from __future__ import annotations

import os

import numpy as np
import pytest

from datasets.formats import coco_json, mots_text, vis_json
from datasets.io.mended import take_mended
from datasets.layout import load_layout
from datasets.masks import coco_rle
from datasets.types import Extent, Tracks

WRITERS = {"youtube_vis": vis_json, "coco": coco_json}
EXTENT = Extent(4, 5, 2, {3: "cat", 9: "dog"})
INFO = "[Sequence]\nimHeight=4\nimWidth=5\nseqLength=3\nframeRate=25\n"
RUN = coco_rle.encode(np.ones((1, 4, 5), bool))[0].decode()


def tracks(frame, score):
    count = len(frame)
    masks = coco_rle.encode(np.ones((count, 4, 5), bool))
    columns = np.array(frame, int), np.ones(count), np.full(count, 3), np.full(count, score)
    return Tracks(EXTENT, *columns, masks.boxes, masks)


def write(kind, truth, results, frame):
    content = {"one": tracks([0, 1], 1.0), "two": tracks([1], 1.0)}
    WRITERS[kind].write_truth(truth, content)
    WRITERS[kind].write_results(results, {"one": tracks([frame], 0.5), "two": tracks([], 0.5)})


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("folder", [False, True])
def test_a_pair_is_read_from_two_files_or_two_folders(tmp_path, kind, folder):
    truth, results = tmp_path / "t" / "instances.json", tmp_path / "r" / "results.json"
    write(kind, truth, results, 0)
    if folder:
        truth, results = truth.parent, results.parent
    layout = load_layout(kind)
    assert layout.list_sequences(truth) == ["one", "two"]
    one, found = layout.read_pair(truth, results, "one")
    assert (one.frame.tolist(), found.frame.tolist(), found.score.tolist()) == ([0, 1], [0], [0.5])
    two, none = layout.read_pair(truth, results, "two")
    assert (two.frame.tolist(), len(none)) == ([1], 0)
    assert one.extent == found.extent == none.extent == EXTENT


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_is_read_once_and_again_after_a_change(tmp_path, kind):
    truth, results = tmp_path / "t.json", tmp_path / "r.json"
    write(kind, truth, results, 0)
    layout = load_layout(kind)
    first = layout.read_pair(truth, results, "one")
    assert layout.read_pair(truth, results, "one")[1] is first[1]
    write(kind, truth, results, 1)
    os.utime(results, ns=(1, 1))
    again = layout.read_pair(truth, results, "one")
    assert again[1].frame.tolist() == [1]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_missing_sequence_or_file_is_named(tmp_path, kind):
    truth, results = tmp_path / "t.json", tmp_path / "r.json"
    write(kind, truth, results, 0)
    layout = load_layout(kind)
    with pytest.raises(ValueError, match=r"t\.json: expected a sequence among \['o.*, found 'six'"):
        layout.read_pair(truth, results, "six")
    with pytest.raises(FileNotFoundError, match=r"s\.json"):
        layout.read_pair(truth, tmp_path / "s.json", "one")


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_frames_of_mots_challenge_are_numbered_from_one(tmp_path):
    written(tmp_path / "truth" / "a" / "seqinfo.ini", INFO)
    written(tmp_path / "truth" / "a" / "gt" / "gt.txt", f"1 2001 2 4 5 {RUN}\n")
    written(tmp_path / "results" / "a.txt", f"3 7 2 4 5 {RUN}\n")
    mots = load_layout("mots")
    assert mots.list_sequences(tmp_path / "truth") == ["a"]
    truth, prediction = mots.read_pair(tmp_path / "truth", tmp_path / "results", "a")
    assert (truth.frame.tolist(), prediction.frame.tolist()) == ([0], [2])
    assert truth.extent == prediction.extent == mots_text.mots_extent(4, 5, 3)


def plain_folders(tmp_path, classes=None):
    """Return truth and results of one sequence; with class names, the truth has classes 1 and 2."""
    rows = "1,5,1,1,2,2,1,1,1\n1,6,1,1,2,2,1,2,1\n" if classes else "1,5,1,1,2,2,1,1,1\n"
    written(tmp_path / "truth" / "a" / "seqinfo.ini", INFO)
    written(tmp_path / "truth" / "a" / "gt" / "gt.txt", rows)
    written(tmp_path / "results" / "a.txt", "1,7,1,1,2,2,0.5,-1,-1,-1\n")
    if classes:
        written(tmp_path / "truth" / "classes.yaml", classes)
    return tmp_path / "truth", tmp_path / "results"


def test_plain_data_has_one_class_without_a_file_of_classes(tmp_path):
    truth, _ = load_layout("plain").read_pair(*plain_folders(tmp_path), "a")
    assert (truth.extent.classes, truth.extent.ignored) == ({1: "pedestrian"}, ())


def test_the_file_of_classes_names_the_classes(tmp_path):
    folders = plain_folders(tmp_path, "classes: {1: person, 2: bag}\nignored: [2]\n")
    assert load_layout("plain").list_sequences(folders[0]) == ["a"]
    truth, prediction = load_layout("plain").read_pair(*folders, "a")
    assert truth.extent == prediction.extent
    assert (truth.extent.classes, truth.extent.ignored) == ({1: "person", 2: "bag"}, (2,))
    assert (truth.class_id.tolist(), prediction.class_id.tolist()) == ([1, 2], [1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("classes: {1: a", "not valid YAML: line 1: while parsing"),
        ("- 1", "expected the key classes, and optionally ignored, but no others"),
        ("classes: {1: a}\nignore: [1]", "expected the key classes, and optionally ignored, but"),
        ("classes: [a]", r", classes: expected names by id, found \['a'\]"),
        ("classes: {}", ", classes: expected names by id, found {}"),
        ("classes: {a: b}", ", classes: expected a whole number, found 'a'"),
        ("classes: {true: b}", ", classes: expected a whole number, found True"),
        ("classes: {-1: b}", ", classes: expected a whole number, found -1"),
        ("classes: {1: no}", ", classes: 1: expected a unique name, found False"),
        ("classes: {1: a, 2: a}", ", classes: 2: expected a unique name, found 'a'"),
        ("classes: {1: a}\nignored: 1", ", ignored: expected a list of class ids, found 1"),
        ("classes: {1: a}\nignored: [2]", r", ignored: expected ids among \[1\], found \[2\]"),
    ],
)
def test_invalid_classes_are_named_with_file_and_key(tmp_path, text, message):
    folders = plain_folders(tmp_path, text)
    with pytest.raises(ValueError, match=rf"classes\.yaml:? ?{message}"):
        load_layout("plain").read_pair(*folders, "a")


def test_labels_of_cvat_name_the_classes(tmp_path):
    truth, results = plain_folders(tmp_path)
    written(truth / "a" / "gt" / "gt.txt", "1,5,1,1,2,2,1,1,1.0\n1,6,1,1,2,2,1,2,1.0\n")
    with pytest.raises(ValueError, match=r"line 2 .*1 for pedestrian .*class 2: .*classes\.yaml"):
        load_layout("plain").read_pair(truth, results, "a")
    written(truth / "a" / "gt" / "labels.txt", "person\nbag\n")
    written(results / "a.txt", "1,7,1,1,2,2,0.5,2,-1,-1\n")
    rows, found = load_layout("plain").read_pair(truth, results, "a")
    assert rows.extent.classes == found.extent.classes == {1: "person", 2: "bag"}
    assert (rows.class_id.tolist(), found.class_id.tolist()) == ([1, 2], [2])
    written(truth / "b" / "gt" / "labels.txt", "bag\nperson\n")
    with pytest.raises(ValueError, match=r"b/gt/labels\.txt: expected the labels of .*a/gt/labels"):
        load_layout("plain").read_pair(truth, results, "a")


@pytest.mark.parametrize("layout", ["mot15", "mot16", "plain", "mots", "kitti", "kitti_mots"])
def test_results_may_be_in_the_data_folder_of_trackeval(tmp_path, layout):
    truth, results = tmp_path / "truth", tmp_path / "results"
    mask, box = f"1 7 2 4 5 {RUN}\n", "1,7,1,1,2,2,1,1,1\n"
    car = "1 7 Car 0 0 -10 1 1 2 2 -1 -1 -1 -1000 -1000 -1000 -10\n"
    row = {"mots": mask, "kitti_mots": mask, "kitti": car}.get(layout, box)
    written(truth / "a" / "seqinfo.ini", INFO)
    written(truth / "a" / "gt" / "gt.txt", row)
    written(truth / "a.txt", row)
    written(truth / "._a.txt", "\0")
    read = load_layout(layout)
    with pytest.raises(FileNotFoundError, match=r"a\.txt: no such file: .*data/a\.txt"):
        read.read_pair(truth, results, "a")
    written(results / "data" / "a.txt", row)
    assert read.list_sequences(truth) == ["a"]
    assert len(read.read_pair(truth, results, "a")[1]) == 1
    written(results / "a.txt", row)
    with pytest.raises(ValueError, match=r"expected one file of results, found .*data/a\.txt"):
        read.read_pair(truth, results, "a")


@pytest.mark.parametrize("more", ["", "imWidth=\nimHeight=4\n", "imHeight=unknown\nimWidth=3\n"])
@pytest.mark.parametrize("layout", ["mot15", "mot16", "plain", "mots"])
def test_seqinfo_needs_only_the_number_of_frames(tmp_path, layout, more):
    truth, results = tmp_path / "truth", tmp_path / "results"
    row = f"1 7 2 4 5 {RUN}\n" if layout == "mots" else "1,7,1,1,2,2,1,1,1\n"
    written(truth / "a" / "seqinfo.ini", f"[Sequence]\nseqLength=3\n{more}")
    written(truth / "a" / "gt" / "gt.txt", row)
    written(results / "a.txt", row)
    rows, found = load_layout(layout).read_pair(truth, results, "a")
    assert rows.extent == found.extent
    assert rows.extent.frame_count == 3


@pytest.mark.parametrize("layout", ["mot15", "mot16", "plain"])
def test_a_score_of_the_truth_that_trackeval_truncates_to_zero_is_not_scored(tmp_path, layout):
    truth, results = plain_folders(tmp_path)
    scores = [1, 0.6, -0.5, 0, -1, 1.5, 2]
    rows = "".join(f"1,{n},1,1,2,2,{score},1,1\n" for n, score in enumerate(scores))
    written(truth / "a" / "gt" / "gt.txt", rows)
    take_mended()
    found, _ = load_layout(layout).read_pair(truth, results, "a")
    assert found.score.tolist() == [1, 0, 0, 0, -1, 1.5, 2]
    assert [*take_mended().values()] == [2]


def test_hidden_folders_are_no_sequences(tmp_path):
    for name in ("a", ".a.7.part"):
        written(tmp_path / name / "truth.parquet", "")
    assert load_layout("parquet").list_sequences(tmp_path) == ["a"]
