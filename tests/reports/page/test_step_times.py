"""What the page shows of steps by the number of objects in their answers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from reports.page.step_times import by_objects


def timed(timings, objects):
    return SimpleNamespace(timings=timings, objects=objects)


def test_a_step_that_grows_with_its_objects_lies_on_a_line():
    # 2 ms and 3 ms an object, in two passes over one sequence and one over another
    variant = timed(
        {"one": [[5_000_000, 8_000_000], [5_000_000, 8_000_000]], "two": [[14_000_000]]},
        {"one": [1, 2], "two": [4]},
    )
    found = by_objects(variant)
    assert found["medians"] == [[1, 5.0], [2, 8.0], [4, 14.0]]
    assert found["line"]["start_ms"] == pytest.approx(2)
    assert found["line"]["slope_ms"] == pytest.approx(3)
    assert (found["line"]["low"], found["line"]["high"]) == (1, 4)


def test_the_median_of_an_even_number_of_steps_is_a_time_that_was_measured():
    found = by_objects(timed({"s": [[1_000_000, 3_000_000, 9_000_000]]}, {"s": [1, 1, 2]}))
    assert found["medians"] == [[1, 3.0], [2, 9.0]]


@pytest.mark.parametrize("timings", [{}, {"s": [[1_000_000, 2_000_000]]}])
def test_answers_of_one_size_or_no_steps_have_no_line(timings):
    assert by_objects(timed(timings, {"s": [3, 3]})) is None
