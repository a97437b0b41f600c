from __future__ import annotations

import numpy as np
import pytest

from datasets.io.errors import RowError
from datasets.io.mended import take_mended
from datasets.tables.columns import check_widths, find_separator, unquote, whole_number


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("-3", -3), ("3.0", 3), ("3.", 3), ("3e0", 3), ("+30e-1", 3)]
)
def test_whole_numbers_may_have_a_point_or_an_exponent(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "3.5", "1e-1", "1e300", "inf", "nan", "0x3", "3_0", " 3"])
def test_other_text_is_no_whole_number(text):
    with pytest.raises(ValueError, match="expected a whole number, found "):
        whole_number(text)


@pytest.mark.parametrize(
    ("line", "separator"),
    [(b"1,2,3", b","), (b"1;2;3", b";"), (b"1:2:3", b":"), (b"1|2|3", b"|"), (b"1, 2, 3", b",")],
)
def test_the_separator_is_the_only_one_of_a_line(line, separator):
    assert find_separator(line, 3) == separator


def test_a_line_without_separators_is_separated_by_white_space():
    assert find_separator(b"1 2\t3", 3) is None


@pytest.mark.parametrize(("line", "names"), [(b"1;2,5;3", "',' and ';'"), (b"1 2,5 3", "',' and ")])
def test_decimal_commas_are_a_second_separator(line, names):
    with pytest.raises(ValueError, match=f"expected one separator between columns, found {names}"):
        find_separator(line, 3)


def test_only_whole_cells_are_unquoted():
    assert unquote(b'"1","2",3"4\n"5" "6"') == b'1,2,3"4\n5 6'


def test_lines_of_different_frames_may_differ_in_columns():
    take_mended()
    check_widths(np.array([7, 9, 7, 9]), 7, np.array([1, 2, 1, 2]))
    assert [*take_mended().values()] == [2]


@pytest.mark.parametrize(
    ("width", "row", "message"),
    [
        ([9, 9, 7, 9], 2, "as many columns as in other lines of its frame, found 7"),
        ([9, 9, 9, 6], 3, "at least 7 columns, as other lines have more, found 6"),
    ],
)
def test_lines_of_one_frame_and_short_lines_may_not(width, row, message):
    with pytest.raises(RowError, match=message) as error:
        check_widths(np.array(width), 7, np.array([1, 2, 1, 3]))
    assert error.value.row == row


def test_lines_that_are_all_short_do_not_differ():
    check_widths(np.array([6, 6]), 7, np.array([1, 1]))
