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


def test_each_line_is_a_mask_with_its_tight_box(tmp_path):
    found = mots_text.read_tracks(written(tmp_path, f"2 2001 2 4 5 {RUN}\n"), EXTENT)
    assert (found.frame[0], found.track[0], found.class_id[0]) == (2, 2001, 2)
    assert found.box.tolist() == [[2, 1, 4, 3]]
    assert np.array_equal(coco_rle.decode(found.rle), MASK)


def test_ignore_regions_have_no_identity_and_survive_a_round_trip(tmp_path):
    text = f"0 10000 10 4 5 {RUN}\n1 1007 1 4 5 {RUN}\n"
    found = mots_text.read_tracks(written(tmp_path, text), EXTENT)
    assert found.track.tolist() == [NO_TRACK, 1007]
    mots_text.write_tracks(tmp_path / "again.txt", found)
    assert (tmp_path / "again.txt").read_text() == text


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.integers(0, 1))
def test_masks_survive_a_round_trip(tmp_path_factory, seed, first_frame):
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


def test_a_sequence_without_tracks_is_written_as_an_empty_file(tmp_path):
    none = mots_text.read_tracks(written(tmp_path, ""), EXTENT)
    mots_text.write_tracks(tmp_path / "again.txt", replace(none, rle=None))
    assert (tmp_path / "again.txt").read_text() == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"0 1 1 4 {RUN}", "expected 6 columns, separated by spaces, found 5"),
        (f"0 1.5 1 4 5 {RUN}", "expected a whole number, found '1.5'"),
        (f"0 1 1 5 4 {RUN}", "expected size 4 x 5, found 5 x 4"),
        (f"3 1 1 4 5 {RUN}", "expected a frame from 0 to 2, found frame 3"),
        ("0 1 1 4 5 zz", "run length: "),
        ("0 1 1 4 5 1", "run length: expected 20 pixels as in the image, found 1"),
        ("0 1 1 4 5 5!", "run length: invalid character '!'"),
        ("0 1 1 4 5 5O", "run length: a count is negative"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = written(tmp_path, f"1 2 1 4 5 {RUN}\n{line}\n")
    with pytest.raises(ValueError, match=rf"0002\.txt, line 2: .*{message}"):
        mots_text.read_tracks(path, EXTENT)


@pytest.mark.parametrize("run", [b"", b"P", b"zzzzzzzzzzzzzzzz", b"5" * 50])
def test_an_invalid_run_length_is_named_by_its_row(run):
    with pytest.raises(RowError) as error:
        Masks.read([RUN.encode(), run], 4, 5)
    assert error.value.row == 1


def test_a_parquet_file_with_a_mask_of_another_image_is_refused(tmp_path):
    one = np.ones(1)
    other = coco_rle.encode(np.ones((1, 3, 3), bool))
    relabelled = Masks(other.runs, 4, 5)
    tracks = Tracks(EXTENT, 0 * one, one, one, one, np.array([[0.0, 0, 1, 1]]), relabelled)
    parquet.write_tracks(tmp_path / "t.parquet", tracks)
    with pytest.raises(ValueError, match=r"t\.parquet: row 0: .*expected 20 pixels .*, found 9"):
        parquet.read_tracks(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "0 1 1 65536 65536 PPPPPP4",
            "image size: expected at most 2^30 pixels, found 65536 x 65536",
        ),
        ("0 1 1 -4 5 04", "height: expected a whole number from 0 to 2147483648, found -4"),
        (f"10000000 1 1 4 5 {RUN}", "expected a frame from 0 to 9999999, found frame 10000000"),
        (f"-1 1 1 4 5 {RUN}", "expected a frame from 0 to 0, found frame -1"),
    ],
)
def test_an_excessive_size_or_frame_is_named_with_its_line(tmp_path, line, message):
    with pytest.raises(ValueError, match=rf"0002\.txt, line 2: {re.escape(message)}"):
        mots_text.read_tracks(written(tmp_path, f"\n{line}\n"))


def test_whole_numbers_may_be_written_with_a_point_or_an_exponent(tmp_path):
    path = tmp_path / "0002.txt"
    path.write_text(f"1.0 3e0 +1 4 5. {RUN}\n")
    found = mots_text.read_tracks(path)
    assert (found.frame.tolist(), found.track.tolist()) == ([1], [3])
    assert (found.class_id.tolist(), found.extent.width) == ([1], 5)
    for cell in ("3.5", "1e-1", "1e300", "inf", "nan", "0x3", "3_0"):
        path.write_text(f"1 {cell} 1 4 5 {RUN}\n")
        with pytest.raises(ValueError, match=rf"line 1: expected a whole number, found '{cell}'"):
            mots_text.read_tracks(path)
