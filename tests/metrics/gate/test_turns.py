"""Relative step times of two working trees run in turns."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from metrics.gate.checks import STEP_TIME
from metrics.gate.turns import compare_turns, measure_pair
from metrics.gate.verdict import compare_snapshots
from tests.support.metrics.snapshots import MACHINE, accuracy, plan, snapshot


def pair(elapsed, processor, old=1.0):
    """Return a pair whose new side takes `elapsed` and `processor` times as long by the clocks."""
    return {
        "elapsed time": {"baseline": old, "found": old * elapsed},
        "processor time": {"baseline": old, "found": old * processor},
    }


def timing(steps, **changed):
    """Return the timing of passes over frames, with the same step times by both clocks."""
    one = {"step_ns": steps, "calibration_ns": [[10, 10]] * len(steps)}
    return {**one, "step_cpu_ns": steps, "calibration_cpu_ns": one["calibration_ns"], **changed}


def test_the_same_number_of_passes_is_used_of_both_processes():
    few, many = timing([[30, 50]]), timing([[40, 60], [10, 10]])
    assert measure_pair([few], [many])["elapsed time"] == {"baseline": 4.0, "found": 5.0}


def test_each_clock_is_measured_separately():
    slow = timing([[30, 50]], step_cpu_ns=[[10, 10]])
    assert measure_pair([slow], [slow])["processor time"]["found"] == 1.0


def test_the_interval_uses_students_t_over_the_ratios_of_pairs():
    pairs = [pair(ratio, 1, old) for ratio, old in [(1.09, 1.0), (1.1, 5.0), (1.11, 0.2)]]
    found = compare_turns(pairs, 0.05, 0.95)
    logs = [log(1.09), log(1.1), log(1.11)]
    assert found.clock == "elapsed time"
    assert found.time_change.change == pytest.approx(np.mean(logs))
    assert found.time_change.half_width == pytest.approx(
        4.3027 * np.std(logs, ddof=1) / 3**0.5, 1e-4
    )


def test_processor_time_is_compared_where_elapsed_time_is_too_uncertain():
    pairs = [pair(ratio, 1.1) for ratio in (0.5, 1.0, 2.0)]
    assert compare_turns(pairs, 0.05, 0.95).clock == "processor time"
    assert compare_turns(pairs, 0.05, 0.95, on_gpu=True).clock == "elapsed time"
    assert compare_turns(pairs[:1], 0.05, 0.95).time_change.half_width is None


def step_time_check(entry):
    both = snapshot({"a": accuracy(80)})
    turns = {"d": {"a": entry}} if entry else {}
    (found,) = [
        each for each in compare_snapshots(both, both, plan("a"), turns) if each.metric == STEP_TIME
    ]
    return found


def test_the_verdict_uses_the_turns_and_names_the_clock_and_the_number_of_pairs():
    found = step_time_check({"pairs": [pair(1.1, 1.1)] * 3, "machine": MACHINE})
    assert (found.verdict, found.why) == ("WORSE", "elapsed time of 3 pairs of processes")
    assert found.change == pytest.approx(-0.1)
    assert step_time_check({"pairs": [pair(1, 1)] * 3, "machine": MACHINE}).verdict == "SAME"


def test_a_variant_that_was_not_timed_keeps_its_explanation():
    assert step_time_check({"verdict": "NEW", "why": "abc has none"}).why == "abc has none"
    assert step_time_check(None).verdict == "MISSING"
