"""Batches whose rows are divided into calls of as many as an engine accepts."""

from __future__ import annotations

import numpy as np
import pytest

from trackers.engines.row_chunks import ChunkedEngine


def chunked(accepted, calls):
    """Return a chunked engine that adds the input `offset` to x, and notes the rows of calls."""

    def engine(x, offset):
        assert any(low <= len(x) <= high for low, high in accepted)
        calls.append(x.tolist())
        return {"y": x + offset}

    return ChunkedEngine(engine, ["x"], accepted, np.concatenate)


@pytest.mark.parametrize(
    ("accepted", "count", "rows"),
    [
        ([(1, 16)], 16, [16]),
        ([(1, 16)], 17, [8, 9]),
        ([(1, 16)], 40, [13, 13, 14]),
        ([(4, 16)], 1, [4]),
        ([(4, 16)], 33, [11, 11, 11]),
        ([(1, 1), (8, 16)], 1, [1]),
        ([(1, 1), (8, 16)], 2, [8]),
        ([(8, 16), (1, 4)], 5, [8]),
    ],
)
def test_any_number_of_rows_runs_in_calls_that_an_engine_accepts(accepted, count, rows):
    calls, x = [], np.arange(count)
    outputs = chunked(accepted, calls)(x=x, offset=np.array([10]))
    np.testing.assert_array_equal(outputs["y"], x + 10)
    assert [len(each) for each in calls] == rows


def test_rows_are_filled_up_with_the_last_one():
    calls = []
    chunked([(4, 4)], calls)(x=np.array([5, 7]), offset=np.array([0]))
    assert calls == [[5, 7, 7, 7]]
