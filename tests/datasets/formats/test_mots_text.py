from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import mots_text, parquet
from datasets.io.errors import RowError
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import NO_TRACK, Extent, Tracks

EXTENT = Extent(height=4, width=5, frame_count=3, classes=mots_text.CLASSES)
MASK = np.zeros((1, 4, 5), bool)
MASK[0, 1:3, 2:4] = True
RUN = coco_rle.encode(MASK)[0].decode()


def written(tmp_path, text):
    (tmp_path / "0002.txt").write_text(text)
    return tmp_path / "0002.txt"


def test_a_line_is_a_mask_with_its_tight_box(tmp_path):
    found = mots_text.read_tracks(written(tmp_path, f"2 2001 2 4 5 {RUN}\n"), EXTENT)
    assert (found.frame[0], found.track[0], found.class_id[0]) == (2, 2001, 2)
    assert found.box.tolist() == [[2, 1, 4, 3]]
    assert np.array_equal(coco_rle.decode(found.rle), MASK)


def test_regions_to_ignore_have_no_identity_and_come_back(tmp_path):
    text = f"0 10000 10 4 5 {RUN}\n1 1007 1 4 5 {RUN}\n"
    found = mots_text.read_tracks(written(tmp_path, text), EXTENT)
    assert found.track.tolist() == [NO_TRACK, 1007]
    mots_text.write_tracks(tmp_path / "again.txt", found)
    assert (tmp_path / "again.txt").read_text() == text


@given(st.integers(0, 2**32 - 1), st.integers(0, 1))
def test_masks_come_back_with_frame_identity_and_class(tmp_path_factory, seed, first_frame):
    path, rng = tmp_path_factory.getbasetemp() / "mots.txt", np.random.default_rng(seed)
    masks = coco_rle.encode(rng.random((int(rng.integers(5)), 4, 5)) < rng.random())
    classes = rng.choice([1, 2, 10], len(masks))
    tracks = Tracks(
        mots_text.mots_extent(4, 5, 3),
        frame=np.sort(rng.integers(0, 3, len(masks))),
        track=np.where(classes == 10, NO_TRACK, 1000 * classes + np.arange(len(masks))),
        class_id=classes,
        score=np.ones(len(masks)),
        box=masks.boxes,
        rle=masks,
    )
    mots_text.write_tracks(path, tracks, first_frame=first_frame)
    assert mots_text.read_tracks(path, tracks.extent, first_frame=first_frame).same(tracks)


def test_a_sequence_without_tracks_is_an_empty_file(tmp_path):
    none = mots_text.read_tracks(written(tmp_path, ""), EXTENT)
    mots_text.write_tracks(tmp_path / "again.txt", replace(none, rle=None))
    assert (tmp_path / "again.txt").read_text() == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"0 1 1 4 {RUN}", "5 columns, expected 6"),
        (f"0 1.5 1 4 5 {RUN}", "'1.5' found, expected a whole number"),
        (f"0 1 1 5 4 {RUN}", "size 5 x 4 found, expected 4 x 5"),
        (f"0 1 3 4 5 {RUN}", r"class 3 found, expected one of \[1, 2, 10\]"),
        (f"3 1 1 4 5 {RUN}", r"frame 3 \(from 0\) is beyond the last frame, 2"),
        (f"0 1 1 4 5 {RUN} 7 8 9", "more than 6 columns, expected 6"),
        ("0 1 1 4 5 zz", "its run length"),
        ("0 1 1 4 5 1", "its run length covers 1 pixels, the image has 20"),
        ("0 1 1 4 5 5!", "its run length holds the character '!'"),
        ("0 1 1 4 5 5O", "its run length has a negative count"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = written(tmp_path, f"1 2 1 4 5 {RUN}\n{line}\n")
    with pytest.raises(ValueError, match=rf"0002\.txt, line 2: .*{message}"):
        mots_text.read_tracks(path, EXTENT)


@pytest.mark.parametrize("run", [b"", b"P", b"zzzzzzzzzzzzzzzz", b"5" * 50])
def test_a_run_length_that_cannot_be_is_named_by_its_mask(run):
    with pytest.raises(RowError) as error:
        Masks.read([RUN.encode(), run], 4, 5)
    assert error.value.row == 1


def test_a_parquet_file_with_a_mask_of_another_image_is_refused(tmp_path):
    one = np.ones(1)
    other = coco_rle.encode(np.ones((1, 3, 3), bool))
    lie = Masks(other.runs, 4, 5)
    tracks = Tracks(EXTENT, 0 * one, one, one, one, np.array([[0.0, 0, 1, 1]]), lie)
    parquet.write_tracks(tmp_path / "t.parquet", tracks)
    with pytest.raises(ValueError, match=r"t\.parquet: row 0: .*9 pixels, the image has 20"):
        parquet.read_tracks(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 1 1 65536 65536 PPPPPP4", "image of 65536 x 65536 found, expected at most 2^30 pixels"),
        ("0 1 1 -4 5 04", "height -4 found, expected a whole number, 0 to 2147483648"),
        (f"10000000 1 1 4 5 {RUN}", "frame 10000000 (from 0) is beyond the last frame, 9999999"),
        (f"-1 1 1 4 5 {RUN}", "frame -1 (from 0) is before the first frame, 0"),
    ],
)
def test_what_no_video_has_is_named_with_its_line(tmp_path, line, message):
    with pytest.raises(ValueError, match=rf"0002\.txt, line 2: {re.escape(message)}"):
        mots_text.read_tracks(written(tmp_path, f"\n{line}\n"))
