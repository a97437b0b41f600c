from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import kitti_text
from datasets.io.mended import take_mended
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
        ("1 2 Car 0 0\n", "expected at least 10 columns, found 5"),
        (line(frame=1, more=" 0.5"), "as many columns as in other lines of its frame, found 18"),
        (line(box="10 20 ٣ 40"), "expected a number, found '٣'"),
        (line(frame=2**40), "expected a frame from 0 to 2, found frame 1099511627776"),
        (line(kind="Bus"), "type: expected one of .*'Pedestrian'.*, found 'Bus'"),
        (line(box="10 20 x 40"), "expected a number, found 'x'"),
        (line(box="10 20 3_0 40"), "expected a number, found '3_0'"),
        (line(box="nan 20 30 40"), "not finite"),
        (line(frame=0.5), "expected a frame from 0 to 2, found frame 0.5"),
        (line(frame=-1), "expected a frame from 0 to 2, found frame -1"),
        (line(frame=3), "expected a frame from 0 to 2, found frame 3"),
        (line(frame=1, track=1), "identity 1 appears twice in frame 1$"),
        (line(track="1e300"), r"track: expected a whole number below 2\^53, found 1e\+300"),
    ],
)
def test_a_bad_line_is_named(tmp_path, bad, message):
    path = written(tmp_path, line(frame=1, track=1) + "\n" + bad)
    with pytest.raises(ValueError, match=rf"0000\.txt, line 3 .*{message}"):
        kitti_text.read_tracks(path, EXTENT)


def test_a_bad_line_of_truth_is_named(tmp_path):
    message = r"0000\.txt, line 1 .*expected finite numbers, found truncated 0.0, occluded nan"
    with pytest.raises(ValueError, match=message):
        kitti_text.read_tracks(written(tmp_path, line(hidden="0 nan")), EXTENT, "truth")


@pytest.mark.parametrize("kind", ["truth", "results"])
@pytest.mark.parametrize("columns", [10, 11, 16, 17, 18])
def test_columns_after_the_box_may_be_missing(tmp_path, kind, columns):
    text = " ".join(line(more=" 0.25").split()[:columns]) + "\n"
    found = kitti_text.read_tracks(written(tmp_path, text), EXTENT, kind)
    scored = kind == "results" and columns == 18
    assert (found.box.tolist(), found.score.tolist()) == (
        [[10, 20, 30.5, 40]],
        [0.25 if scored else 1],
    )
    assert kitti_text.count_unread(tmp_path / "0000.txt") == (
        {"3-D boxes": 1} if columns > 10 else {}
    )


def test_a_box_clipped_past_its_other_edge_has_no_area_and_is_counted(tmp_path):
    text = line(box="30 20 10 40") + line(track=8, box="10 60 30 50") + line(track=9)
    take_mended()
    found = kitti_text.read_tracks(written(tmp_path, text), EXTENT)
    assert found.box.tolist() == [[30, 20, 30, 40], [10, 60, 30, 60], [10, 20, 30.5, 40]]
    assert [*take_mended().values()] == [2]


def test_negative_identities_are_none(tmp_path):
    text = line(track=-1) * 2 + line(track=-2) * 2 + line(track=0)
    found = kitti_text.read_tracks(written(tmp_path, text), EXTENT)
    assert found.track.tolist() == [NO_TRACK] * 4 + [0]


def test_identities_shared_by_classes_are_numbered_anew(tmp_path):
    text = "".join(line(frame=n, track=7, kind=kind) for n in (0, 1) for kind in ("Car", "Van"))
    path = written(tmp_path, text + line(frame=1, track=3))
    assert kitti_text.read_tracks(path, EXTENT).track.tolist() == [1, 2, 1, 2, 0]


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


@pytest.fixture
def folders(tmp_path):
    """Return folders of ground truth and results, with a car in the frames given by sequence."""

    def write(truth, results):
        for folder, frames in (("truth", truth), ("results", results)):
            (tmp_path / folder).mkdir()
            for name, last in frames.items():
                text = "".join(line(frame=frame) for frame in range(last))
                (tmp_path / folder / f"{name}.txt").write_text(text)
        return tmp_path / "truth", tmp_path / "results"

    take_mended()
    return write


def frame_count(folders, name, **given):
    truth, prediction = load_layout("kitti").read_pair(*folders, name, **given)
    assert truth.extent == prediction.extent
    assert (truth.extent.height, truth.extent.width) == (40, 31)
    return truth.extent.frame_count


def test_a_sequence_of_ones_own_ends_with_its_last_row(folders):
    both = folders({"mine": 5, "more": 3}, {"mine": 4, "more": 7})
    assert load_layout("kitti").list_sequences(both[0]) == ["mine", "more"]
    assert frame_count(both, "mine") == 5
    assert not take_mended()
    assert frame_count(both, "more") == 7
    assert "results end after the ground truth" in "".join(take_mended())


@pytest.mark.parametrize(
    ("truth", "results", "expected"),
    [
        (78, 78, 78),
        (75, 70, 78),
        (75, 78, 78),
        (30, 30, 30),
        (30, 34, 34),
        (90, 1, 90),
        (78, 80, 80),
    ],
)
def test_the_number_of_frames_of_kitti_applies_to_its_own_files(folders, truth, results, expected):
    both = folders({"0012": truth}, {"0012": results})
    assert frame_count(both, "0012") == expected
    assert ("number of frames of KITTI's" in "".join(take_mended())) == (expected != 78)


@pytest.mark.parametrize("place", ["truth", "."])
def test_a_seqmap_gives_the_number_of_frames(folders, tmp_path, place):
    both = folders({"0012": 30, "mine": 5}, {"0012": 30, "mine": 7})
    seqmap = tmp_path / place / "evaluate_tracking.seqmap.training"
    seqmap.write_text("0012 empty 000000 000040\n\nmine empty 000000 000010\n")
    (tmp_path / place / "evaluate_mots.seqmap.val").write_text("0012 empty 0 39\nmine empty 0 8\n")
    assert [frame_count(both, name) for name in ("0012", "mine")] == [40, 10]
    assert frame_count(both, "mine", frames=8) == 8
    assert not take_mended()
    seqmap.with_name("evaluate_tracking.seqmap.val").write_text("mine empty 000000 000011\n")
    with pytest.raises(ValueError, match=r"10 in .*\.training and 11 in .*seqmap\.val"):
        frame_count(both, "mine")
    seqmap.write_text("0012 empty 0 x\n")
    with pytest.raises(
        ValueError, match=r"training, line 1: expected a whole number .*, found 'x'"
    ):
        frame_count(both, "0012")


def test_the_seqmap_of_kitti_mots_gives_the_last_frame(tmp_path):
    row = "2 1001 1 4 5 0d0\n"
    for folder in ("truth", "results"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "0002.txt").write_text(row)
    layout = load_layout("kitti_mots")
    sides = tmp_path / "truth", tmp_path / "results", "0002"
    assert layout.read_pair(*sides)[0].extent.frame_count == 3
    (tmp_path / "truth" / "evaluate_mots.seqmap.val").write_text("0002 empty 000000 000232\n")
    assert {each.extent.frame_count for each in layout.read_pair(*sides)} == {233}
    assert layout.read_pair(*sides, frames=9)[0].extent.frame_count == 9


def test_rows_without_an_identity_are_skipped_and_counted(folders):
    truth, results = folders({"a": 1}, {"a": 1})
    region = line(track=-1, kind="DontCare", hidden="-1 -1")
    (truth / "a.txt").write_text(line() + line(track=-1) + region)
    (results / "a.txt").write_text(line() + line(track=-2, frame=0) * 2)
    rows, found = load_layout("kitti").read_pair(truth, results, "a")
    assert (rows.track.tolist(), rows.class_id.tolist()) == ([7, NO_TRACK], [1, 9])
    assert found.track.tolist() == [7]
    assert [*take_mended().values()] == [3]


def test_an_excessive_frame_number_is_refused(folders):
    both = folders({"a": 1}, {"a": 1})
    (both[1] / "a.txt").write_text(line(frame=10**7))
    with pytest.raises(ValueError, match=r"a\.txt, line 1 .*expected a frame from 0 to 9999999"):
        load_layout("kitti").read_pair(*both, "a")
