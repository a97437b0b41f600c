"""Batches whose rows are divided into calls of as many as an engine accepts."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.support.waiting import wait_until
from trackers.engines.row_chunks import ChunkedEngine, RowParallelSession


class _Session:
    """Adds the input `offset` to the rows of x, and records their number and the thread.

    Args:
        together: Number of calls that wait for each other.
    """

    def __init__(self, together=1):
        self.calls, self._barrier = [], threading.Barrier(together, timeout=600)

    def run(self, _, inputs):
        self._barrier.wait()
        self.calls.append((len(inputs["x"]), inputs["offset"], threading.get_ident()))
        return [inputs["x"] + inputs["offset"]]


def test_each_thread_gets_its_rows_and_the_whole_of_other_inputs():
    session = _Session(together=3)
    inputs = {"x": np.arange(7), "offset": np.array([10])}
    outputs = RowParallelSession(session, ["x"], 3).run(inputs)
    np.testing.assert_array_equal(outputs[0], np.arange(10, 17))
    assert sorted(count for count, _, _ in session.calls) == [2, 2, 3]
    assert {offset.tolist()[0] for _, offset, _ in session.calls} == {10}
    threads = {thread for _, _, thread in session.calls}
    assert threading.get_ident() in threads
    assert len(threads) == 3


@pytest.mark.parametrize(("count", "chunks"), [(1, [1]), (3, [3]), (7, [2, 2, 3]), (8, [2] * 4)])
def test_a_session_runs_small_chunks_in_the_background(count, chunks):
    session = _Session()
    inputs = {"x": np.arange(count), "offset": np.array([10])}
    finish = RowParallelSession(session, ["x"], 2).begin(inputs)
    wait_until(lambda: bool(session.calls))  # before the outputs are requested
    np.testing.assert_array_equal(finish()[0], np.arange(10, 10 + count))
    assert sorted(rows for rows, _, _ in session.calls) == chunks


def test_an_error_in_the_background_is_raised_when_the_outputs_are_requested():
    with pytest.raises(KeyError, match="offset"):
        RowParallelSession(_Session(), ["x"], 2).begin({"x": np.arange(1)})()


def test_fewer_rows_than_threads_are_not_divided():
    session = RowParallelSession(_Session(), ["x"], 3)
    assert [session.has_row_per_thread({"x": np.arange(count)}) for count in (1, 2, 3)] == [
        False,
        False,
        True,
    ]


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
