"""The rules of the gate, at their limits."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from datasets.io.files import read_json, write_json
from metrics.gate.checks import (
    EXIT,
    STEP_TIME,
    Check,
    accuracy_verdict,
    overall_verdict,
    step_time_verdict,
)
from metrics.gate.relative_step_time import StepTimeChange
from metrics.gate.verdict import Totals, compare_snapshots
from tests.support.metrics.snapshots import COLUMN, accuracy, plan, snapshot, times, write_run
from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("change", "half_width", "expected"),
    [
        (-0.0051, 0.0, "WORSE"),
        (-0.0051, 1.0, "WORSE"),  # exact on these sequences, however uncertain on others
        (-0.0049, 0.0, "SAME"),
        (-0.004, 0.0009, "SAME"),
        (-0.004, 0.0011, "AMBIGUOUS"),
        (0.0, 0.0051, "AMBIGUOUS"),
        (0.004, 0.0089, "SAME"),
        (0.004, 0.0091, "AMBIGUOUS"),
        (0.0051, 1.0, "BETTER"),
        (0.0, None, "AMBIGUOUS"),
        (float("nan"), 0.0, "NOT COMPARED"),
    ],
)
def test_a_large_loss_of_a_total_is_a_regression_and_a_small_one_depends_on_its_interval(
    change, half_width, expected
):
    assert accuracy_verdict(change, half_width, 0.005) == expected


@pytest.mark.parametrize(
    ("slower", "half_width", "expected"),
    [
        (1.051, 0.049, "WORSE"),
        (1.051, 0.050, "AMBIGUOUS"),  # as large, but not significant
        (1.049, 0.0, "SAME"),
        (1.049, 0.001, "AMBIGUOUS"),
        (1.0, 0.0487, "SAME"),
        (1.0, 0.0489, "AMBIGUOUS"),
        (0.949, 0.05, "BETTER"),
        (0.949, 0.06, "SAME"),
        (0.949, 0.2, "AMBIGUOUS"),
        (1.0, None, "AMBIGUOUS"),
    ],
)
def test_a_slow_down_is_a_regression_if_it_is_large_and_significant(slower, half_width, expected):
    assert step_time_verdict(StepTimeChange(np.log(slower), half_width), 0.05) == expected


@pytest.mark.parametrize(
    ("verdicts", "expected", "code"),
    [
        (["SAME", "BETTER", "NEW"], "pass", 0),
        (["SAME", "WORSE", "AMBIGUOUS"], "regression", 1),
        (["SAME", "MISSING"], "regression", 1),
        (["SAME", "AMBIGUOUS"], "undecided", 2),
        (["SAME", "NOT COMPARED"], "undecided", 2),
        (["NEW"], "undecided", 2),
        ([], "undecided", 2),
    ],
)
def test_one_regression_is_enough_and_a_run_without_comparisons_does_not_pass(
    verdicts, expected, code
):
    assert overall_verdict(Check("r", "v", "m", verdict) for verdict in verdicts) == expected
    assert EXIT[expected] == code


def only(checks):
    assert len(checks) == 1
    return checks[0]


def test_identical_tracks_of_a_single_sequence_are_the_same():
    one = snapshot({"a": accuracy(80)})
    found = only(compare_snapshots(one, one, plan()))
    assert (found.verdict, found.change, found.low) == ("SAME", 0, 0)
    assert found.why == "identical track files"


def test_a_loss_above_the_tolerance_is_a_regression_with_four_sequences():
    before, now = (
        snapshot({"a": accuracy(80, 80, 80, 80)}),
        snapshot({"a": accuracy(80, 80, 80, 68)}),
    )
    found = only(compare_snapshots(before, now, plan()))
    assert found.verdict == "WORSE"
    assert (found.baseline, found.found) == (pytest.approx(0.6), pytest.approx(0.54))
    assert found.change == pytest.approx(-0.06)
    assert found.low < -0.06 < found.high


def test_a_loss_within_the_tolerance_is_ambiguous_if_it_comes_from_one_sequence():
    before = snapshot({"a": accuracy(80, 80, 80, 80)})
    alone = only(compare_snapshots(before, snapshot({"a": accuracy(80, 80, 80, 71)}), plan()))
    shared = only(compare_snapshots(before, snapshot({"a": accuracy(78, 78, 78, 78)}), plan()))
    assert (alone.change, alone.verdict) == (pytest.approx(-0.045), "AMBIGUOUS")
    assert (shared.change, shared.verdict) == (pytest.approx(-0.04), "SAME")
    assert shared.low == pytest.approx(-0.04)


def test_an_increase_of_an_error_count_is_worse():
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80, 70)})
    for each in (before, now):
        each["accuracy"]["d/mot15"]["columns"] = [
            {"name": "CLR_FN", "unit": "count", "better": "down"}
        ]
    found = only(compare_snapshots(before, now, plan() | {"tolerances": {"CLR_FN": 9}}))
    assert (found.change, found.verdict) == (-10, "WORSE")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"frames": 99}, "s0: frames: expected 100 as in the baseline, found 99"),
        ({"truth": "u"}, "s0: truth: expected t as in the baseline, found u"),
        (
            {"classes": {"car": {"partials": {}}}},
            r"s0: classes: expected \['person'\] .*, found \['car'\]",
        ),
    ],
)
def test_different_inputs_are_not_compared(changed, why):
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80, 60, **changed)})
    found = only(compare_snapshots(before, now, plan()))
    assert found.verdict == "NOT COMPARED"
    assert re.match(why, found.why)


def test_different_sequences_are_not_compared():
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80)})
    found = only(compare_snapshots(before, now, plan()))
    assert (found.verdict, found.why) == (
        "NOT COMPARED",
        "sequences: expected ['s0', 's1'] as in the baseline, found ['s0']",
    )


def test_values_undefined_on_both_sides_are_the_same_and_on_one_side_are_not_compared():
    nan = np.array([np.nan, np.nan, 0.5])
    totals = Totals(nan, np.array([np.nan, 0.5, np.nan]), [None] * 3, same=False)
    assert [totals.why_same(n) for n in range(3)] == ["undefined in both", "", ""]
    assert accuracy_verdict(0.5 - nan[1], None, 0.1) == "NOT COMPARED"


def test_a_column_of_one_side_only_is_new_or_not_compared():
    both, fewer = snapshot({"a": accuracy(80)}), snapshot({"a": accuracy(80)})
    other = {"name": "CLR_Re", "unit": "ratio", "better": "up"}
    both["accuracy"]["d/mot15"]["columns"] = [COLUMN, other]
    limits = plan() | {"tolerances": {"MOTA": 0.1, "CLR_Re": 0.1}}
    verdicts = [
        {each.metric: each.verdict for each in compare_snapshots(*sides, limits)}
        for sides in ((fewer, both), (both, fewer))
    ]
    assert verdicts[0] == {"CLR_Re": "NEW", "MOTA": "SAME"}
    assert verdicts[1] == {"CLR_Re": "NOT COMPARED", "MOTA": "SAME"}
    # a column without a tolerance was removed on purpose
    assert {each.metric for each in compare_snapshots(both, fewer, plan())} == {"MOTA"}


def test_partials_of_incompatible_code_are_not_compared():
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80, 60)})
    partials = before["accuracy"]["d/mot15"]["variants"]["a"]["s0"]["classes"]["person"]["partials"]
    partials["clear"] = {"another": 1}
    found = only(compare_snapshots(before, now, plan()))
    assert found.verdict == "NOT COMPARED"
    assert "incompatible code" in found.why


def test_a_variant_without_results_is_a_regression_and_a_new_variant_is_not():
    before, now = (
        snapshot({"a": accuracy(80), "b": accuracy(80)}),
        snapshot({"a": accuracy(80), "c": accuracy(10)}),
    )
    verdicts = {each.variant: each.verdict for each in compare_snapshots(before, now, plan())}
    assert verdicts == {"a": "SAME", "b": "MISSING", "c": "NEW"}


def speed(old, new):
    before, now = snapshot({}, {"a": old} if old else {}), snapshot({}, {"a": new} if new else {})
    return only(compare_snapshots(before, now, plan("a")))


def test_the_change_of_a_slower_tracker_is_its_slow_down():
    found = speed(times(1.0, 1.0, 1.0), times(1.1, 1.1, 1.1))
    assert (found.verdict, found.metric) == ("WORSE", STEP_TIME)
    assert found.change == found.low == found.high == pytest.approx(-0.1)


def test_the_noise_is_at_least_the_spread_of_the_baseline():
    assert speed(times(0.9, 1.0, 1.1), times(1.1, 1.1, 1.1)).verdict == "AMBIGUOUS"


@pytest.mark.parametrize(
    ("old", "new", "verdict", "why"),
    [
        (
            times(1, 1),
            times(1, 1, processor="q"),
            "NOT COMPARED",
            "processor q, in the baseline p",
        ),
        (
            times(1, 1, gpu="g"),
            times(1, 1),
            "NOT COMPARED",
            "gpu None, in the baseline g",
        ),
        (
            times(1, 1),
            times(1, 1, numpy="3"),
            "NOT COMPARED",
            "numpy 3, in the baseline 2",
        ),
        (
            times(1, 1),
            times(1, 1, frames=9),
            "NOT COMPARED",
            "9 frames timed, in the baseline 45",
        ),
        (times(1, 1), times(1, 1, system="t", memory="1 GiB"), "SAME", ""),
        (None, times(1, 1), "NEW", "the baseline has none"),
        (times(1, 1), None, "MISSING", "this run has none"),
    ],
)
def test_step_times_of_different_machines_are_not_compared(old, new, verdict, why):
    found = speed(old, new)
    assert (found.verdict, found.why) == (verdict, why)


def test_step_times_in_units_of_different_work_are_not_compared():
    found = speed(times(1, 1), times(1, 1) | {"work": 2})
    assert found.verdict == "NOT COMPARED"
    assert found.why == "calibration work 2, in the baseline 1: make the baseline again"


def test_a_step_time_that_is_not_requested_is_not_missing():
    before, now = snapshot({}, {"a": times(1, 1)}), snapshot({})
    assert compare_snapshots(before, now, plan(variants=["a"])) == []


def run_gate(workdir, baseline):
    command = [sys.executable, "-m", "metrics.gate.verdict", "--plan", json.dumps(plan("a"))]
    command += [
        "--workdir",
        str(workdir),
        "--baseline",
        str(baseline),
        "--output",
        str(workdir / "v.json"),
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    return read_json(workdir / "v.json")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no such baseline, make it with `make baseline` and the same CONFIG"),
        ("{", "not valid JSON"),
        ("[]", "'speed'], found list"),
        ('{"schema": 1}', "found ['schema']"),
        (json.dumps(snapshot({}) | {"schema": 3}), "expected schema 2, found 3"),
    ],
)
def test_an_invalid_baseline_is_named_and_nothing_is_compared(tmp_path, text, why):
    write_run(tmp_path, "a")
    path = tmp_path / "b.json"
    if text is not None:
        path.write_text(text)
    found = run_gate(tmp_path, path)
    assert (found["verdict"], found["exit"]) == ("undecided", 2)
    assert why in found["checks"][0]["why"]
    assert str(path) in found["checks"][0]["why"]


@pytest.mark.slow
def test_a_run_compared_with_its_own_snapshot_passes(tmp_path):
    from metrics.gate.snapshot import take_snapshot

    write_run(tmp_path, "a")
    write_json(tmp_path / "b.json", take_snapshot(plan("a"), tmp_path))
    found = run_gate(tmp_path, tmp_path / "b.json")
    assert (found["verdict"], found["commit"]) == ("pass", "def")
    assert [each["metric"] for each in found["checks"]] == ["MOTA", STEP_TIME]
