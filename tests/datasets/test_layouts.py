from __future__ import annotations

import os

import numpy as np
import pytest

from datasets import coco_json, rle, vis_json
from datasets.layout import load_layout
from datasets.types import Extent, Tracks

WRITERS = {"youtube_vis": vis_json, "coco": coco_json}
EXTENT = Extent(4, 5, 2, {3: "cat", 9: "dog"})


def tracks(frame, score):
    count = len(frame)
    masks = rle.encode(np.ones((count, 4, 5), bool))
    columns = np.array(frame, int), np.ones(count), np.full(count, 3), np.full(count, score)
    return Tracks(EXTENT, *columns, masks.boxes, masks)


def write(kind, truth, results, frame):
    content = {"one": tracks([0, 1], 1.0), "two": tracks([1], 1.0)}
    WRITERS[kind].write_truth(truth, content)
    WRITERS[kind].write_results(results, {"one": tracks([frame], 0.5), "two": tracks([], 0.5)})


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("folder", [False, True])
def test_a_pair_is_read_of_two_files_or_two_folders(tmp_path, kind, folder):
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
def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path, kind):
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
def test_a_sequence_or_file_that_is_not_there_is_named(tmp_path, kind):
    truth, results = tmp_path / "t.json", tmp_path / "r.json"
    write(kind, truth, results, 0)
    layout = load_layout(kind)
    with pytest.raises(ValueError, match=r"t\.json: no sequence 'six': expected one of \['o"):
        layout.read_pair(truth, results, "six")
    with pytest.raises(FileNotFoundError, match=r"s\.json"):
        layout.read_pair(truth, tmp_path / "s.json", "one")
