"""The rules of the gate, at their boundaries."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from datasets.io.files import read_json, write_json
from metrics.gate.checks import EXIT, Check, accuracy_verdict, judge_pace, overall
from metrics.gate.relative_step_time import StepTimeChange
from metrics.gate.verdict import Totals, judge
from tests.support.metrics.snapshots import COLUMN, accuracy, pace, plan, snapshot, write_run
from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("change", "half_width", "expected"),
    [
        (-0.0051, 0.0, "WORSE"),
        (-0.0051, 1.0, "WORSE"),  # on these sequences it is a fact, however unsure it is on others
        (-0.0049, 0.0, "SAME"),
        (-0.004, 0.0009, "SAME"),
        (-0.004, 0.0011, "AMBIGUOUS"),
        (0.0, 0.0051, "AMBIGUOUS"),
        (0.004, 0.0089, "SAME"),
        (0.004, 0.0091, "AMBIGUOUS"),
        (0.0051, 1.0, "BETTER"),
        (0.0, None, "AMBIGUOUS"),
        (float("nan"), 0.0, "NOT JUDGED"),
    ],
)
def test_a_loss_of_a_total_is_judged_by_its_size_and_a_small_one_by_its_interval(
    change, half_width, expected
):
    assert accuracy_verdict(change, half_width, 0.005) == expected


@pytest.mark.parametrize(
    ("slower", "half_width", "expected"),
    [
        (1.051, 0.049, "WORSE"),
        (1.051, 0.050, "AMBIGUOUS"),  # as large, but it might be none
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
def test_a_slow_down_has_to_be_large_and_sure(slower, half_width, expected):
    assert judge_pace(StepTimeChange(np.log(slower), half_width), 0.05) == expected


@pytest.mark.parametrize(
    ("words", "expected", "code"),
    [
        (["SAME", "BETTER", "NEW"], "pass", 0),
        (["SAME", "WORSE", "AMBIGUOUS"], "regression", 1),
        (["SAME", "MISSING"], "regression", 1),
        (["SAME", "AMBIGUOUS"], "could not judge", 2),
        (["SAME", "NOT JUDGED"], "could not judge", 2),
        (["NEW"], "could not judge", 2),
        ([], "could not judge", 2),
    ],
)
def test_one_regression_is_enough_and_nothing_judged_is_no_pass(words, expected, code):
    assert overall(Check("r", "v", "m", word) for word in words) == expected
    assert EXIT[expected] == code


def only(checks):
    assert len(checks) == 1
    return checks[0]


def test_tracks_equal_to_the_byte_are_the_same_even_of_one_sequence():
    one = snapshot({"a": accuracy(80)})
    found = only(judge(one, one, plan()))
    assert (found.verdict, found.change, found.low) == ("SAME", 0, 0)
    assert "byte" in found.why


def test_a_loss_beyond_the_tolerance_is_a_regression_with_four_sequences():
    before, now = (
        snapshot({"a": accuracy(80, 80, 80, 80)}),
        snapshot({"a": accuracy(80, 80, 80, 68)}),
    )
    found = only(judge(before, now, plan()))
    assert found.verdict == "WORSE"
    assert (found.baseline, found.found) == (pytest.approx(0.6), pytest.approx(0.54))
    assert found.change == pytest.approx(-0.06)
    assert found.low < -0.06 < found.high


def test_a_loss_within_it_is_open_where_one_sequence_bears_it_all_and_none_where_all_share_it():
    before = snapshot({"a": accuracy(80, 80, 80, 80)})
    alone = only(judge(before, snapshot({"a": accuracy(80, 80, 80, 71)}), plan()))
    shared = only(judge(before, snapshot({"a": accuracy(78, 78, 78, 78)}), plan()))
    assert (alone.change, alone.verdict) == (pytest.approx(-0.045), "AMBIGUOUS")
    assert (shared.change, shared.verdict) == (pytest.approx(-0.04), "SAME")
    assert shared.low == pytest.approx(-0.04)


def test_more_of_what_should_be_few_is_worse():
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80, 70)})
    for each in (before, now):
        each["accuracy"]["d/mot15"]["columns"] = [
            {"name": "CLR_FN", "unit": "count", "better": "down"}
        ]
    found = only(judge(before, now, plan() | {"tolerances": {"CLR_FN": 9}}))
    assert (found.change, found.verdict) == (-10, "WORSE")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"frames": 99}, "s0: frames 99 found, 100 in the baseline"),
        ({"truth": "u"}, "s0: truth u found, t in the baseline"),
        ({"classes": {"car": {"partials": {}}}}, r"s0: classes \['car'\] found, \['person'\]"),
    ],
)
def test_what_is_not_alike_is_not_judged(changed, why):
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80, 60, **changed)})
    found = only(judge(before, now, plan()))
    assert found.verdict == "NOT JUDGED"
    assert re.match(why, found.why)


def test_other_sequences_are_not_judged():
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80)})
    found = only(judge(before, now, plan()))
    assert (found.verdict, found.why) == (
        "NOT JUDGED",
        "sequences ['s0'] found, ['s0', 's1'] in the baseline",
    )


def test_no_number_before_and_none_now_is_the_same_and_one_that_is_lost_is_not_judged():
    nan = np.array([np.nan, np.nan, 0.5])
    totals = Totals(nan, np.array([np.nan, 0.5, np.nan]), [None] * 3, same=False)
    assert [totals.why_same(n) for n in range(3)] == ["no number, then and now", "", ""]
    assert accuracy_verdict(0.5 - nan[1], None, 0.1) == "NOT JUDGED"


def test_a_number_that_one_side_lacks_is_new_or_not_judged():
    both, fewer = snapshot({"a": accuracy(80)}), snapshot({"a": accuracy(80)})
    other = {"name": "CLR_Re", "unit": "ratio", "better": "up"}
    both["accuracy"]["d/mot15"]["columns"] = [COLUMN, other]
    limits = plan() | {"tolerances": {"MOTA": 0.1, "CLR_Re": 0.1}}
    words = [
        {each.metric: each.verdict for each in judge(*sides, limits)}
        for sides in ((fewer, both), (both, fewer))
    ]
    assert words[0] == {"CLR_Re": "NEW", "MOTA": "SAME"}
    assert words[1] == {"CLR_Re": "NOT JUDGED", "MOTA": "SAME"}
    assert {each.metric for each in judge(both, fewer, plan())} == {"MOTA"}  # taken out on purpose


def test_partials_of_other_code_are_not_judged():
    before, now = snapshot({"a": accuracy(80, 80)}), snapshot({"a": accuracy(80, 60)})
    partials = before["accuracy"]["d/mot15"]["variants"]["a"]["s0"]["classes"]["person"]["partials"]
    partials["clear"] = {"another": 1}
    found = only(judge(before, now, plan()))
    assert found.verdict == "NOT JUDGED"
    assert "other code" in found.why


def test_a_variant_without_results_is_a_regression_and_a_new_one_is_none():
    before, now = (
        snapshot({"a": accuracy(80), "b": accuracy(80)}),
        snapshot({"a": accuracy(80), "c": accuracy(10)}),
    )
    words = {each.variant: each.verdict for each in judge(before, now, plan())}
    assert words == {"a": "SAME", "b": "MISSING", "c": "NEW"}


def speed(old, new):
    before, now = snapshot({}, {"a": old} if old else {}), snapshot({}, {"a": new} if new else {})
    return only(judge(before, now, plan("a")))


def test_a_slower_pace_is_worse_by_as_much_as_it_is_slower():
    found = speed(pace(1.0, 1.0, 1.0), pace(1.1, 1.1, 1.1))
    assert (found.verdict, found.metric) == ("WORSE", "pace")
    assert found.change == found.low == found.high == pytest.approx(-0.1)


def test_the_spread_of_the_baseline_is_the_least_noise_there_is():
    assert speed(pace(0.9, 1.0, 1.1), pace(1.1, 1.1, 1.1)).verdict == "AMBIGUOUS"


@pytest.mark.parametrize(
    ("old", "new", "verdict", "why"),
    [
        (pace(1, 1), pace(1, 1, processor="q"), "NOT JUDGED", "processor q, in the baseline p"),
        (pace(1, 1, gpu="g"), pace(1, 1), "NOT JUDGED", "gpu None, in the baseline g"),
        (pace(1, 1), pace(1, 1, numpy="3"), "NOT JUDGED", "numpy 3, in the baseline 2"),
        (pace(1, 1), pace(1, 1, frames=9), "NOT JUDGED", "9 frames timed, in the baseline 45"),
        (pace(1, 1), pace(1, 1, system="t", memory="1 GiB"), "SAME", ""),
        (None, pace(1, 1), "NEW", "the baseline has none"),
        (pace(1, 1), None, "MISSING", "this run has none"),
    ],
)
def test_a_pace_of_another_machine_is_not_judged(old, new, verdict, why):
    found = speed(old, new)
    assert (found.verdict, found.why) == (verdict, why)


def test_paces_in_units_of_another_work_are_not_judged():
    found = speed(pace(1, 1), pace(1, 1) | {"work": 2})
    assert found.verdict == "NOT JUDGED"
    assert found.why == "fixed work 2, in the baseline 1: make the baseline anew"


def test_a_pace_that_nobody_asks_for_is_not_missed():
    before, now = snapshot({}, {"a": pace(1, 1)}), snapshot({})
    assert judge(before, now, plan(variants=["a"])) == []


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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no such baseline: `make baseline` with the same CONFIG makes it"),
        ("{", "not valid JSON"),
        ("[]", "list found, expected a baseline with"),
        ('{"schema": 1}', "['schema'] found, expected a baseline with"),
        (json.dumps(snapshot({}) | {"schema": 2}), "schema 2 found, expected 1"),
    ],
)
def test_a_baseline_that_is_not_one_is_named_and_nothing_is_judged(tmp_path, text, why):
    write_run(tmp_path, "a")
    path = tmp_path / "b.json"
    if text is not None:
        path.write_text(text)
    found = run_gate(tmp_path, path)
    assert (found["verdict"], found["exit"]) == ("could not judge", 2)
    assert why in found["checks"][0]["why"]
    assert str(path) in found["checks"][0]["why"]


def test_a_run_beside_its_own_snapshot_passes(tmp_path):
    from metrics.gate.snapshot import take_snapshot

    write_run(tmp_path, "a")
    write_json(tmp_path / "b.json", take_snapshot(plan("a"), tmp_path))
    found = run_gate(tmp_path, tmp_path / "b.json")
    assert (found["verdict"], found["commit"]) == ("pass", "def")
    assert [each["metric"] for each in found["checks"]] == ["MOTA", "pace"]
