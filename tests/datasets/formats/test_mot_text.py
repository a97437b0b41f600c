from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import mot_text
from datasets.io.mended import take_mended
from datasets.types import Extent
from tests.support.datasets.some_tracks import tracks_of

EXTENT = Extent(height=100, width=200, frame_count=3, classes={1: "person", 2: "car"})
PEOPLE = replace(EXTENT, classes={1: "person"})


def written(tmp_path, text):
    path = tmp_path / "some.txt"
    path.write_text(text)
    return path


def test_frames_and_pixels_count_from_one_in_the_file_and_from_zero_here(tmp_path):
    found = mot_text.read_tracks(written(tmp_path, "1,5,11,21,30,40,0.5,-1,-1,-1\n"), PEOPLE)
    assert (found.frame[0], found.track[0], found.score[0], found.class_id[0]) == (0, 5, 0.5, 1)
    assert found.box.tolist() == [[10, 20, 40, 60]]


def test_labelled_files_hold_class_and_visibility(tmp_path):
    path = written(tmp_path, "1,5,11,21,30,40,0,2,0.25\n")
    found = mot_text.read_tracks(path, EXTENT, "truth")
    assert (found.score[0], found.class_id[0], found.visibility[0]) == (0, 2, 0.25)


def test_the_last_three_columns_of_mot15_are_ignored(tmp_path):
    path = written(tmp_path, "1,5,11,21,30,40,1,4.4852,5.5,0\n")
    found = mot_text.read_tracks(path, EXTENT, "mot15")
    assert found.class_id.tolist() == [1]


@pytest.mark.parametrize(
    "text",
    [
        *("1,5,1,1,2,2,1", "1,5,1,1,2,2,1\r\n", "\ufeff1, 5,1,1,2,2,1\n\n", "1,5,1,1,2,2,1\n  \n"),
        *("1,5,1,1,2,2,1\r\n \r\r\n", "+1,5,1,1,2,2, 1\t\n"),
    ],
)
def test_line_ends_white_space_and_a_byte_order_mark_are_ignored(tmp_path, text):
    assert mot_text.read_tracks(written(tmp_path, text), PEOPLE).box.tolist() == [[0, 0, 2, 2]]


@pytest.mark.parametrize(
    "text",
    [
        *("1 5 11 21 30 40 0.5", "1\t5\t11\t21\t30\t40\t0.5\r", " 1   5 11\t21 30 40   0.5  "),
        *("1;5;11;21;30;40;0.5", "1; 5; 11; 21; 30; 40; 0.5;", "1,5,11,21,30,40,0.5,"),
        *("1,5,11,21,30,40,0.5, \r", "1 5 11 21 30 40 0.5 -1 -1 -1", "1,5,11,21,30,40,5e-1,-1,"),
    ],
)
def test_columns_are_separated_as_trackeval_detects_it(tmp_path, text):
    two_lines = f"{text}\n\n{text.replace('5', '6', 1)}\n"
    found = mot_text.read_tracks(written(tmp_path, two_lines), PEOPLE)
    assert (found.track.tolist(), found.score.tolist()) == ([5, 6], [0.5, 0.5])
    assert found.box.tolist() == [[10, 20, 40, 60]] * 2


def test_a_separator_may_end_some_lines_only(tmp_path):
    path = written(tmp_path, "1,5,1,1,2,2,1\n2,5,1,1,2,2,1,\n3,5,1,1,2,2,1\n")
    assert mot_text.read_tracks(path, PEOPLE).frame.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1;5;1;1;2;2;1\n1,6,1,1,2,2,1\n", r"line 2 .*expected ';' between .*, found ','"),
        ("1 5 1 1 2 2 1\n1,6,1,1,2,2,1\n", r"line 2 .*expected white space between .*found ','"),
        ("1;5;1,5;1;2;2;1\n", r"line 1 .*one separator .*, found ',' and ';': numbers "),
        ("1,5,1,1,2,2,1\n1;6;1;1;2;2;1\n", r"line 2 .*expected ',' between .*, found ';'"),
        ("1,5,1,1,2,2,1\n,\n", r"line 2 .*at least 6 columns, found 2"),
    ],
)
def test_mixed_separators_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        mot_text.read_tracks(written(tmp_path, text), PEOPLE)


def test_a_box_of_negative_size_has_no_area_and_is_counted(tmp_path):
    take_mended()
    path = written(tmp_path, "1,5,11,21,-30,40,1\n1,6,11,21,30,-40,1\n1,7,11,21,3,4,1\n")
    found = mot_text.read_tracks(path, PEOPLE)
    assert found.box.tolist() == [[10, 20, 10, 60], [10, 20, 40, 20], [10, 20, 13, 24]]
    assert [*take_mended().values()] == [2]


@pytest.mark.parametrize(
    ("columns", "visibility"),
    [("", None), (",1", None), (",0", None), (",-1,-1", None), (",1,1.5", None), (",0,0.5", [0.5])],
)
def test_truth_of_one_class_needs_neither_class_nor_visibility(tmp_path, columns, visibility):
    path = written(tmp_path, f"1,5,1,1,2,2,1{columns}\n")
    found = mot_text.read_tracks(path, PEOPLE, "truth")
    assert found.class_id.tolist() == [1]
    assert (found.visibility if visibility is None else found.visibility.tolist()) == visibility


def test_one_visibility_out_of_range_makes_those_of_the_file_unknown(tmp_path):
    take_mended()
    path = written(tmp_path, "1,5,1,1,2,2,1,1,0.5\n2,5,1,1,2,2,1,1,1.01\n")
    assert mot_text.read_tracks(path, PEOPLE, "truth").visibility is None
    assert [*take_mended().values()] == [1]


def test_results_may_have_a_class_in_column_eight(tmp_path):
    path = written(tmp_path, "1,5,1,1,2,2,1,1,-1,-1\n1,6,1,1,2,2,1,2,-1,-1\n")
    assert mot_text.read_tracks(path, EXTENT).class_id.tolist() == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        *("1,5,1,1,2,2,1\n", "1,5,1,1,2,2,1,-1,-1,-1\n", "1,5,1,1,2,2\n", "1,5,1,1,2,2,1,0\n"),
        *("1,5,1,1,2,2,1,-1.0,0.9\n", "1 5 1 1 2 2 1 0 -1 -1\n"),
    ],
)
@pytest.mark.parametrize(
    ("classes", "ignored", "expected"),
    [
        ({1: "person"}, (), 1),
        ({7: "bag"}, (), 7),
        ({1: "crowd", 4: "person"}, (1,), 4),  # ignored classes do not occur in results
        (mot_text.CLASSES, (), 1),  # MOTChallenge has classes only in its ground truth
    ],
)
def test_results_without_a_class_have_the_only_scored_class(
    tmp_path, text, classes, ignored, expected
):
    extent = replace(EXTENT, classes=classes, ignored=ignored)
    found = mot_text.read_tracks(written(tmp_path, text), extent)
    assert found.class_id.tolist() == [expected]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("1,5,1,1,2,2,1,2,-1,-1\n1,6,1,1,2,2,1,-1,-1,-1\n", 2, "class -1"),
        ("1,5,1,1,2,2,1\n", 1, "no class"),
    ],
)
def test_results_without_a_class_are_refused_if_there_are_several(tmp_path, text, line, found):
    expected = rf"some\.txt, line {line} .*: expected 1 for person, 2 for car in column 8"
    with pytest.raises(ValueError, match=f"{expected}, found {found}"):
        mot_text.read_tracks(written(tmp_path, text), EXTENT)


def test_an_empty_file_is_a_sequence_without_tracks(tmp_path):
    for text in ("", "\n", "\ufeff", "\ufeff\r\n \n"):
        assert len(mot_text.read_tracks(written(tmp_path, text), EXTENT)) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,5,1,1,2,2,1\n1,2,3\n", r"some\.txt, line 2 .*expected at least 6 columns, found 3"),
        ("1,5,1,1,2,2,1\n\n2,5,1,x,2,2,1\n", r"some\.txt, line 3 .*expected a number, found 'x'"),
        ("1,5,1,,2,2,1\n", r"some\.txt, line 1 .*expected a number, found ''"),
        (
            "1,5,1,1,2,2,1\n1,6,1,1,2,2,1,-1\n",
            r"some\.txt, line 2 .*as many columns as in other lines of its frame, found 8",
        ),
        ("nan,5,1,1,2,2,1\n", r"some\.txt, line 1 .*expected a frame from 1 to 3, found frame nan"),
        ("1,1e300,1,1,2,2,1\n", r"some\.txt, line 1 .*track: .*a whole number below .*1e\+300"),
        ("1.5,5,1,1,2,2,1\n", r"some\.txt, line 1 .*expected a frame from 1 to 3, found frame 1.5"),
        ("1,5,1,1,2,2,1_0\n", r"some\.txt, line 1 .*expected a number, found '1_0'"),
        ("4,5,1,1,2,2,1\n", r"some\.txt, line 1 .*expected a frame from 1 to 3, found frame 4"),
        ("1,5,1,1,2,2,1\n1,5,3,3,2,2,1\n", r"some\.txt, line 2 .*identity 5 appears twice"),
        ("1,5,nan,1,2,2,1\n", r"some\.txt, line 1 .*not finite"),
        ("0,5,1,1,2,2,1\n", r"line 1 .*found frame 0: do the frames of the file count from 0\? "),
        (
            "1,5,1,1,2,2,1\n2,5,1\r,1,2,2,1\n",
            r"some\.txt, line 2 .*carriage return within the line",
        ),
        ("1,5,1,1,2,2,1\r2,5,1,1,2,2,1\r", r"some\.txt, line 1 .*carriage return within the line"),
        ("1,5,1,1,2,2,٣\n", r"some\.txt, line 1 .*expected a number, found '٣'"),
        ("1,5,1,1,2,2,1\n1,\xa06,1,1,2,2,1\n", r"some\.txt, line 2 .*a number, found '\\xa06'"),
        ("1,5,1,1,2,2,\x0b1\n", r"some\.txt, line 1 .*expected a number, found '\\x0b1'"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        mot_text.read_tracks(written(tmp_path, text), PEOPLE)


def test_truth_without_a_class_is_refused(tmp_path):
    path = written(tmp_path, "1,5,1,1,2,2,1,-1,1\n")
    with pytest.raises(
        ValueError, match=r"line 1 .*expected 1 for .* in column 8, found class -1: .*mot15"
    ):
        mot_text.read_tracks(path, EXTENT, "truth")


def test_an_unknown_class_is_named_with_its_line(tmp_path):
    path = written(tmp_path, "1,5,1,1,2,2,1,1,1\n2,5,1,1,2,2,1,9,1\n")
    with pytest.raises(ValueError, match=r"line 2 .*, found class 9: .*in classes\.yaml"):
        mot_text.read_tracks(path, EXTENT, "truth")


@pytest.mark.slow
@given(tracks_of(EXTENT), st.booleans())
def test_truth_and_results_survive_a_round_trip(tmp_path_factory, tracks, as_truth):
    path, kind = tmp_path_factory.getbasetemp() / "mot.txt", "truth" if as_truth else "results"
    shares = np.linspace(0, 1, len(tracks))
    tracks = replace(tracks, visibility=shares if as_truth else None)
    mot_text.write_tracks(path, tracks, kind)
    back = mot_text.read_tracks(path, EXTENT, kind)
    # left + 1 - 1 and left + (right - left) each lose half a unit in the last place
    assert back.box == pytest.approx(tracks.box, abs=1e-11)
    assert replace(back, box=tracks.box).same(tracks)


def test_a_result_of_the_only_class_has_no_class_column(tmp_path):
    path = written(tmp_path, "1,5,11,21,30,40,1,1\n")
    tracks = mot_text.read_tracks(path, PEOPLE)
    mot_text.write_tracks(path, tracks)
    assert path.read_text() == "1,5,11.0,21.0,30.0,40.0,1.0,-1,-1,-1\n"
    mot_text.write_tracks(path, replace(tracks, extent=EXTENT))
    assert path.read_text() == "1,5,11.0,21.0,30.0,40.0,1.0,1,-1,-1\n"  # one class of two


def test_unknown_visibility_is_written_as_one(tmp_path):
    path = written(tmp_path, "1,5,11,21,30,40,0,2\n")
    mot_text.write_tracks(path, mot_text.read_tracks(path, EXTENT), "truth")
    assert path.read_text() == "1,5,11.0,21.0,30.0,40.0,0.0,2,1.0\n"


@pytest.mark.parametrize(
    ("text", "kind", "counted"),
    [
        ("1,5,1,1,2,2,1,1,-1,-1\n", "results", {}),
        (
            "1,5,1,1,2,2,1,1,-1,7\n1,6,1,1,2,2,1,1,-1,-1\n",
            "results",
            {"columns from the 9th on": 1},
        ),
        ("1,5,1,1,2,2,1,-1,-1,-1\n", "mot15", {}),
        ("1,5,1,1,2,2,1,-1.0,-1.0, -1.\n", "mot15", {}),
        ("1,5,1,1,2,2,1,4.5,2,0\n", "mot15", {"columns from the 8th on": 1}),
        ("1,5,1,1,2,2,1,1,0.5\n", "truth", {}),
        ("1,5,1,1,2,2,1,1,0.5,3\n", "truth", {"columns from the 10th on": 1}),
    ],
)
def test_fields_that_tracks_cannot_hold_are_counted(tmp_path, text, kind, counted):
    assert mot_text.count_unread(written(tmp_path, text), kind) == counted
