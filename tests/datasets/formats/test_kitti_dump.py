from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import kitti_dump
from datasets.types import NO_TRACK, Extent, Tracks
from tests.support.datasets.some_tracks import tracks_of

EXTENT = Extent(1080, 1920, 3, {1: "person", 2: "traffic light", 3: "2 wheels 7"})
NO_SOLID = "0.0 0.0 0.0 0.0 0.0 0.0 0.0"
LINE = f"person 7 0.0 0 0.0 -10.500000 20.000000 30.250000 1100.000000 {NO_SOLID} 0.900000"
GROUND = "0.0 0.0 0.0 12.500000 3.000000 0.0 0.0"
PROJECTED = f"person 7 0.0 0 0.0 1.000000 2.000000 3.000000 4.000000 {GROUND} 0.9 0.750000 5.0 6.0"


def dump(folder, *files, stream="00_000"):
    folder.mkdir(exist_ok=True)
    for frame, text in enumerate(files):
        (folder / f"{stream}_{frame:06}.txt").write_text(text)
    return folder


def read(folder, stream="00_000", extent=EXTENT):
    return kitti_dump.read_tracks(folder, stream, extent)


def test_each_frame_is_a_file_and_an_empty_file_a_frame_without_objects(tmp_path):
    found = read(dump(tmp_path, "", LINE + "\n", ""))
    assert (found.frame[0], found.track[0], found.score[0]) == (1, 7, 0.9)
    assert found.box.tolist() == [[-10.5, 20, 30.25, 1100]]
    assert found.visibility is None


def test_a_dump_is_written_as_deepstream_writes_it(tmp_path):
    text = LINE + "\n" + LINE.replace("person 7", "traffic light 3") + "\n"
    tracks = read(dump(tmp_path / "one", "", text, ""))
    kitti_dump.write_tracks(tmp_path / "two", "00_000", tracks)
    files = sorted(path.name for path in (tmp_path / "two").iterdir())
    assert files == [f"00_000_{frame:06}.txt" for frame in range(3)]
    assert [(tmp_path / "two" / name).read_text() for name in files] == ["", text, ""]


def test_rows_of_a_frame_keep_the_order_of_the_file(tmp_path):
    text = LINE.replace("person 7", "person 9") + "\n" + LINE + "\n"
    assert read(dump(tmp_path, text, "", "")).track.tolist() == [9, 7]


@pytest.mark.parametrize("label", ["traffic light", "2 wheels 7"])
@pytest.mark.parametrize("line", [LINE, PROJECTED, PROJECTED + " 1.0|2.0|3.0|4.0"])
def test_labels_may_contain_spaces_and_numbers(tmp_path, label, line):
    found = read(dump(tmp_path, line.replace("person", label), "", ""))
    assert EXTENT.classes[found.class_id[0]] == label
    assert (found.track[0], found.score[0]) == (7, 0.9)


def test_visibility_is_read_with_the_foot_point(tmp_path):
    found = read(dump(tmp_path, PROJECTED, PROJECTED + " 1.0|2.0|3.0|4.0", ""))
    assert found.visibility.tolist() == [0.75, 0.75]
    assert kitti_dump.count_unread(tmp_path) == {"foot points": 2}


def test_visibility_of_only_some_lines_is_dropped(tmp_path):
    found = read(dump(tmp_path, PROJECTED, LINE, ""))
    assert found.visibility is None
    counted = {"foot points": 1, "visibility present in only some lines": 1}
    assert kitti_dump.count_unread(tmp_path) == counted


def test_an_untracked_object_has_no_identity(tmp_path):
    text = LINE.replace("person 7", f"person {2**64 - 1}") + "\n"
    found = read(dump(tmp_path / "one", text * 2, "", ""))
    assert found.track.tolist() == [NO_TRACK, NO_TRACK]
    kitti_dump.write_tracks(tmp_path / "two", "00_000", found)
    assert (tmp_path / "two" / "00_000_000000.txt").read_text() == text * 2


def test_identities_beyond_float64_are_renumbered_by_first_appearance(tmp_path):
    large = [LINE.replace("person 7", f"person {2**63 + n}") for n in (5, 4)]
    untracked = LINE.replace("person 7", f"person {2**64 - 1}")
    found = read(dump(tmp_path, "\n".join([large[0], untracked, LINE]), large[1], large[0]))
    assert found.track.tolist() == [1, NO_TRACK, 2, 3, 1]
    assert kitti_dump.count_unread(tmp_path) == {"identities above 2^53, renumbered": 3}


def test_several_streams_are_several_sequences(tmp_path):
    dump(tmp_path, LINE, "", "")
    dump(tmp_path, "", LINE.replace("person", "traffic light"), stream="00_012")
    assert kitti_dump.list_streams(tmp_path) == {"00_000": 3, "00_012": 2}
    assert kitti_dump.list_labels(tmp_path) == ["person", "traffic light"]
    two = replace(EXTENT, frame_count=2)
    assert read(tmp_path, "00_012", two).class_id.tolist() == [2]


@pytest.mark.slow
@given(tracks_of(EXTENT), st.booleans())
def test_tracks_survive_a_round_trip_bit_for_bit(tmp_path_factory, tracks, untracked):
    folder = tmp_path_factory.getbasetemp() / "dump"
    if untracked:
        tracks = replace(tracks, track=np.full(len(tracks), NO_TRACK))
    kitti_dump.write_tracks(folder, "03_014", tracks)
    assert read(folder, "03_014").same(tracks)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("person 7 0.0 0", "expected a label, a whole number and 15, 18 or 19 more fields"),
        (LINE.removeprefix("person "), "expected a label, a whole number"),
        (LINE.replace(" 7 ", " "), "expected a label, a whole number"),  # a detector's dump
        (LINE.replace("person", "dog"), r"label: expected one of \['2 wheels 7', .*, found 'dog'"),
        (LINE.replace("-10.500000", "x"), "expected a number, found 'x'"),
        (LINE.replace("-10.500000", "nan"), "not finite"),
        (LINE.replace("-10.500000", "40"), "has a negative size"),
        (LINE.replace(" 7 ", f" {2**64} "), "exceeds 64 bits"),
        (LINE.replace(" 7 ", " " + "9" * 5000 + " "), "exceeds 64 bits"),
        (PROJECTED.replace("0.750000", "1.5"), "visibility 1.5 is not in 0 .. 1"),
        (LINE.replace("person", "\udcff"), "can't decode byte 0xff"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    dump(tmp_path, "", "", "")
    path = tmp_path / "00_000_000001.txt"
    path.write_bytes(b"\n" + line.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=rf"00_000_000001\.txt, line 2.*{message}"):
        read(tmp_path)


def test_a_duplicate_identity_in_a_frame_is_named(tmp_path):
    folder = dump(tmp_path, "", f"{LINE}\n{LINE}\n", "")
    with pytest.raises(ValueError, match=r"00_000_000001\.txt, line 2: identity 7 appears twice"):
        read(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("00_000_000004.txt", r"00_000_000003\.txt: missing file: a frame without objects has an"),
        ("00_000_0000001.txt", r"00_000_0000001\.txt: expected a file name such as 00_000_000000"),
        ("0_000_000000.txt", r"0_000_000000\.txt: expected a file name such as"),
        ("notes.txt", r"notes\.txt: expected a file name such as"),
    ],
)
def test_an_unexpected_or_missing_file_is_named(tmp_path, name, message):
    (dump(tmp_path, "", "", "") / name).write_text("")
    with pytest.raises(ValueError, match=message):
        kitti_dump.list_streams(tmp_path)


def test_a_wrong_number_of_frames_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected 3 files, found 2 of stream 00_000"):
        read(dump(tmp_path, "", ""))


def test_a_folder_without_a_dump_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"expected files <app>_<stream>_<frame>\.txt .*found none"
    ):
        kitti_dump.list_streams(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        kitti_dump.list_streams(tmp_path / "nowhere")


def test_later_frames_of_another_run_are_not_mixed_with_those_written(tmp_path):
    dump(tmp_path, "", "", "", LINE)
    with pytest.raises(ValueError, match=r"00_000_000003\.txt: this frame is beyond the 3 frames"):
        kitti_dump.write_tracks(tmp_path, "00_000", one_row("person"))


def one_row(name, track=1):
    one = np.ones(1)
    return Tracks(replace(EXTENT, classes={1: name}), one, one * track, one, one, np.ones((1, 4)))


@pytest.mark.parametrize("name", ["", " a", "a\nb", "a\tb"])
def test_a_class_name_that_cannot_be_a_label_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="label: expected text on one line, found class name"):
        kitti_dump.write_tracks(tmp_path, "00_000", one_row(name))


def test_invalid_streams_and_identities_are_refused(tmp_path):
    for name in ("street", "000_000", "0_0", "00_000_000000"):
        with pytest.raises(ValueError, match=f"stream: expected two numbers .*, found '{name}'"):
            kitti_dump.write_tracks(tmp_path, name, one_row("a"))
    with pytest.raises(ValueError, match="identity -2 is negative"):
        kitti_dump.write_tracks(tmp_path, "00_000", one_row("a", -2))
