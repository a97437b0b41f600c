"""Step times by the number of objects in the output."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from reports.page.step_times import by_objects


def timed(timings, objects):
    return SimpleNamespace(timings=timings, objects=objects)


def test_step_times_that_grow_with_the_objects_lie_on_a_line():
    # 2 ms plus 3 ms per object, in two passes over one sequence and one over another
    variant = timed(
        {"one": [[5_000_000, 8_000_000], [5_000_000, 8_000_000]], "two": [[14_000_000]]},
        {"one": [1, 2], "two": [4]},
    )
    found = by_objects(variant)
    assert found["medians"] == [[1, 5.0], [2, 8.0], [4, 14.0]]
    assert found["line"]["start_ms"] == pytest.approx(2)
    assert found["line"]["slope_ms"] == pytest.approx(3)
    assert (found["line"]["low"], found["line"]["high"]) == (1, 4)


def test_the_median_of_an_even_number_of_steps_is_a_measured_time():
    found = by_objects(timed({"s": [[1_000_000, 3_000_000, 9_000_000]]}, {"s": [1, 1, 2]}))
    assert found["medians"] == [[1, 3.0], [2, 9.0]]


@pytest.mark.parametrize("timings", [{}, {"s": [[1_000_000, 2_000_000]]}])
def test_a_constant_number_of_objects_or_no_steps_give_no_line(timings):
    assert by_objects(timed(timings, {"s": [3, 3]})) is None
