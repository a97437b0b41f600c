from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.io import text_numbers
from datasets.io.errors import RowError

BLANKS = ["\t", "\x0b", "\x0c", "\x1c", "\xa0"]
PIECES = [*"0123456789+-.eE_xnaifNty ", *BLANKS, "٣", "１", "\0", "9" * 400]
CELLS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
NUMBERS = st.floats().map(repr)


@pytest.mark.slow
@given(st.lists(st.tuples(st.one_of(CELLS, NUMBERS), NUMBERS), min_size=1, max_size=4))
def test_a_text_accepted_as_a_number_is_parsed_as_one(rows):
    data = "\n".join(map(",".join, rows)).encode()
    try:
        text_numbers.check_numbers((cell.encode() for row in rows for cell in row), 0)
    except RowError:
        return
    expected = [[float(cell) for cell in row] for row in rows]
    assert np.array_equal(text_numbers.parse_numbers(data, 2, ","), expected, equal_nan=True)


def test_a_table_longer_than_a_block_is_read_completely(monkeypatch):
    monkeypatch.setattr(text_numbers, "_MAX_BLOCK_BYTES", 50)
    data = "\n".join(f"{row},{row / 2}" for row in range(100)).encode()
    found = text_numbers.parse_numbers(data, 2, ",")
    assert found.tolist() == [[row, row / 2] for row in range(100)]


@pytest.mark.parametrize("cell", [b"1_0", b"\xd9\xa3", b"x"])
def test_a_cell_that_is_not_a_number_is_named_by_its_row(cell):
    with pytest.raises(RowError, match="expected a number, found") as error:
        text_numbers.to_numbers([[b"1", b"2"], [b"3", cell]], 2)
    assert error.value.row == 1
