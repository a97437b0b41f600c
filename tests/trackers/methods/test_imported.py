"""Result files of several formats, replayed with their masks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import mot_text, mots_text
from datasets.masks import coco_rle
from datasets.sequences.sequence_json import Prepared, open_sequence, write_prepared
from datasets.types import Sequence, Tracks
from trackers.contract import load_method, load_tracker
from trackers.run import track


def masked() -> Tracks:
    dense = np.zeros((3, 4, 5), bool)
    dense[0, 1:3, 2:4] = dense[1, 0, 0] = dense[2, 3, 1:] = True
    masks = coco_rle.encode(dense)
    extent = mots_text.mots_extent(4, 5, 3)
    frame, track_id = np.array([0, 0, 2]), np.array([1001, 2001, 1001])
    return Tracks(extent, frame, track_id, np.array([1, 2, 1]), np.ones(3), masks.boxes, masks)


def replay(tmp_path, tracks, **options) -> Tracks:
    sequence = Sequence("d", "s", tracks.extent, 10, root=str(tmp_path))
    path = tmp_path / "sequence.json"
    write_prepared(path, Prepared(sequence, tracks))
    return track(load_tracker("imported", options), load_method("imported"), open_sequence(path))


def test_masks_of_a_mots_file_are_replayed(tmp_path):
    mots_text.write_tracks(tmp_path / "s.txt", masked())
    found = replay(tmp_path, masked(), results="{root}/{sequence}.txt", format="mots")
    assert found.same(masked())


def test_the_default_format_is_mot(tmp_path):
    boxes = replace(masked(), rle=None)
    mot_text.write_tracks(tmp_path / "s.txt", boxes)
    assert replay(tmp_path, boxes, results="{root}/s.txt").same(boxes)


def test_results_without_classes_get_the_class_of_only_class(tmp_path):
    mot_text.write_tracks(tmp_path / "s.txt", replace(masked(), rle=None), "mot15")
    with pytest.raises(ValueError, match=r"s\.txt, line 1 .*in column 8, found class -1"):
        replay(tmp_path, masked(), results="{root}/s.txt")
    found = replay(tmp_path, masked(), results="{root}/s.txt", only_class="pedestrian")
    assert found.class_id.tolist() == [2, 2, 2]
    assert found.extent == masked().extent
    with pytest.raises(ValueError, match=r"expected a class among \['car', 'pedes.*, found 'cat'"):
        replay(tmp_path, masked(), results="{root}/s.txt", only_class="cat")


def test_an_unknown_format_is_rejected_with_a_list_of_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"format: expected one of \[.*'mots'.*, found 'mott'"):
        replay(tmp_path, masked(), results="s.txt", format="mott")


def test_a_folder_of_several_sequences_is_rejected(tmp_path):
    for name in ("one", "two"):
        mots_text.write_tracks(tmp_path / "all" / f"{name}.txt", masked())
    with pytest.raises(
        ValueError, match=r"all: expected exactly one sequence, found \['one', 'two'\]"
    ):
        replay(tmp_path, masked(), results="{root}/all", format="mots")


def test_masks_of_another_size_are_rejected(tmp_path):
    mots_text.write_tracks(tmp_path / "s.txt", masked())
    larger = replace(masked(), extent=mots_text.mots_extent(8, 8, 3), rle=None)
    with pytest.raises(ValueError, match=r"s\.txt, line 1: expected size 8 x 8, found 4 x 5"):
        replay(tmp_path, larger, results="{root}/s.txt", format="mots")
