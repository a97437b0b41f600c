from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import kitti_text
from datasets.layout import load_layout
from datasets.types import NO_TRACK, Tracks
from tests.support.datasets.some_tracks import tracks_of

EXTENT = kitti_text.kitti_extent(height=100, width=200, frame_count=3)
SOLID = "1.5 1.6 3.9 -2.5 1.7 20.1 0.5"


def written(tmp_path, text):
    path = tmp_path / "0000.txt"
    path.write_text(text)
    return path


def line(frame=0, track=7, kind="Car", hidden="0 0", box="10 20 30.5 40", more=""):
    return f"{frame} {track} {kind} {hidden} -1.5 {box} {SOLID}{more}\n"


def test_frames_and_corners_are_read_unchanged(tmp_path):
    found = kitti_text.read_tracks(written(tmp_path, line(frame=2)), EXTENT, "truth")
    assert (found.frame[0], found.track[0], found.class_id[0]) == (2, 7, 1)
    assert found.box.tolist() == [[10, 20, 30.5, 40]]


def test_rows_too_occluded_or_truncated_are_not_scored(tmp_path):
    levels = ["0 0", "0 2", "0 3", "1 0", "0.9 2.9", "2 3"]
    text = "".join(line(track=n, hidden=level) for n, level in enumerate(levels))
    found = kitti_text.read_tracks(written(tmp_path, text), EXTENT, "truth")
    assert found.score.tolist() == [1, 1, 0, 0, 1, 0]


def test_dontcare_is_an_ignore_region_without_identity(tmp_path):
    text = line(track=-1, kind="DontCare", hidden="-1 -1") * 2 + line(track=3, kind="dontcare")
    found = kitti_text.read_tracks(written(tmp_path, text), EXTENT, "truth")
    assert found.track.tolist() == [NO_TRACK] * 3
    assert found.class_id.tolist() == [9, 9, 9] == [found.extent.ignored[0]] * 3
    assert found.score.tolist() == [1, 1, 1]


def test_results_have_an_optional_score_and_their_occlusion_is_unused(tmp_path):
    with_score = written(tmp_path, line(hidden="-1 3", more=" 0.25"))
    assert kitti_text.read_tracks(with_score, EXTENT).score.tolist() == [0.25]
    without = written(tmp_path, line(hidden="-1 3"))
    assert kitti_text.read_tracks(without, EXTENT).score.tolist() == [1]


def test_a_truth_line_is_written_as_kitti_writes_it(tmp_path):
    path = tmp_path / "again.txt"
    text = line(hidden="0 3", kind="Pedestrian") + line(kind="DontCare", hidden="-1 -1", track=-1)
    truth = kitti_text.read_tracks(written(tmp_path, text), EXTENT, "truth")
    kitti_text.write_tracks(path, truth, "truth")
    unknown = "-1 -1 -1 -1000 -1000 -1000 -10"
    assert path.read_text() == (
        f"0 7 Pedestrian 0 3 -10 10.0 20.0 30.5 40.0 {unknown}\n"
        f"0 -1 DontCare -1 -1 -10 10.0 20.0 30.5 40.0 {unknown}\n"
    )


@pytest.mark.slow
@given(tracks_of(EXTENT))
def test_results_survive_a_round_trip_bit_for_bit(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / "kitti_results.txt"
    kitti_text.write_tracks(path, tracks)
    assert kitti_text.read_tracks(path, EXTENT).same(tracks)


@pytest.mark.slow
@given(tracks_of(EXTENT, scores=st.sampled_from([0.0, 1.0])))
def test_truth_survives_a_round_trip_bit_for_bit(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / "kitti_truth.txt"
    ignored = tracks.class_id == kitti_text.DONT_CARE
    truth = tracks.take(~ignored | (tracks.score == 1))
    kitti_text.write_tracks(path, truth, "truth")
    assert kitti_text.read_tracks(path, EXTENT, "truth").same(truth)


def test_person_sitting_is_a_person_and_types_ignore_case(tmp_path):
    text = line(kind="Person_sitting") + line(track=8, kind="PERSON")
    assert kitti_text.read_tracks(written(tmp_path, text), EXTENT).class_id.tolist() == [5, 5]


@pytest.mark.parametrize("text", ["", "\n \n", line() + "\r\n", "\ufeff  " + line() + "\n"])
def test_line_ends_white_space_and_a_byte_order_mark_are_ignored(tmp_path, text):
    found = kitti_text.read_tracks(written(tmp_path, text.replace("  ", "   ")), EXTENT)
    assert len(found) == text.count("Car")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("1 2 Car 0 0\n", "expected 17 or 18 columns, found 5"),
        (line(more=" 0.5"), "expected 17 columns as in the first line, found 18"),
        (line(more=" 0.5 1 2 3"), "expected 17 or 18 columns, found more than 18"),
        (line(box="10 20 ٣ 40"), "expected a number, found '٣'"),
        (line(frame=2**40), r"frame 1099511627776 \(from 0\) is beyond the last frame, 2"),
        (line(kind="Bus"), "type: expected one of .*'Pedestrian'.*, found 'Bus'"),
        (line(box="10 20 x 40"), "expected a number, found 'x'"),
        (line(box="10 20 3_0 40"), "expected a number, found '3_0'"),
        (line(box="nan 20 30 40"), "not finite"),
        (line(box="30 20 10 40"), "has a negative size"),
        (line(frame=0.5), "frame 0.5 is not a whole number"),
        (line(frame=3), r"frame 3 \(from 0\) is beyond the last frame, 2"),
        (line(frame=1, track=1), r"identity 1 appears twice in frame 1 \(from 0\)"),
        (line(track="1e300"), r"track 1e\+300 is not a whole number"),
    ],
)
def test_a_bad_line_is_named(tmp_path, bad, message):
    path = written(tmp_path, line(frame=1, track=1) + "\n" + bad)
    with pytest.raises(ValueError, match=rf"0000\.txt, line 3 .*{message}"):
        kitti_text.read_tracks(path, EXTENT)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (line(more=" 0.5"), "expected 17 columns, found 18"),
        (line(hidden="0 nan"), "expected finite numbers, found truncated 0.0, occluded nan"),
    ],
)
def test_a_bad_line_of_truth_is_named(tmp_path, bad, message):
    with pytest.raises(ValueError, match=rf"0000\.txt, line 1 .*{message}"):
        kitti_text.read_tracks(written(tmp_path, bad), EXTENT, "truth")


def test_classes_that_are_not_kittis_are_refused(tmp_path):
    people = replace(EXTENT, classes={1: "person"}, ignored=())
    one = np.ones(1)
    tracks = Tracks(people, one, one, one, one, np.array([[0.0, 0, 1, 1]]))
    with pytest.raises(ValueError, match=r"a\.txt: expected one of .*'car'.*, found 'person' for"):
        kitti_text.write_tracks(tmp_path / "a.txt", tracks)
    assert not list(tmp_path.iterdir())


def test_fields_that_tracks_cannot_hold_are_counted(tmp_path):
    text = line() + line(track=8, hidden="0 1").replace(SOLID, "-1 -1 -1 -1000 -1000 -1000 -10")
    path = written(tmp_path, text)
    counted = {"3-D boxes": 1, "occlusion and truncation levels": 1}
    assert kitti_text.count_unread(path, "truth") == counted
    assert kitti_text.count_unread(path) == {"3-D boxes": 1}
    tracks = kitti_text.read_tracks(path, EXTENT, "truth")
    kitti_text.write_tracks(path, tracks, "truth")
    assert kitti_text.count_unread(path, "truth") == {}


def test_a_sequence_of_ones_own_ends_with_its_last_truth_row(tmp_path):
    for folder in ("truth", "results"):
        (tmp_path / folder).mkdir()
        for name in ("mine", "0012"):
            (tmp_path / folder / f"{name}.txt").write_text(line(frame=4))
    kitti = load_layout("kitti")
    assert kitti.list_sequences(tmp_path / "truth") == ["0012", "mine"]
    truth, prediction = kitti.read_pair(tmp_path / "truth", tmp_path / "results", "mine")
    assert truth.extent == prediction.extent == kitti_text.kitti_extent(40, 31, 5)
    truth, _ = kitti.read_pair(tmp_path / "truth", tmp_path / "results", "0012")
    assert truth.extent.frame_count == 78
    assert np.array_equal(truth.frame, [4])


def test_an_excessive_frame_number_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"0000\.txt, line 1 .*beyond the last frame, 9999999"):
        kitti_text.read_reach(written(tmp_path, line(frame=10**7)))
