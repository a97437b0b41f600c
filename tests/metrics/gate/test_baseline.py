"""The content of a baseline, and when it is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from datasets.io.files import read_json, write_json
from metrics.gate.baseline import make_baseline
from metrics.gate.relative_step_time import compare_step_times, relative_step_time
from metrics.gate.snapshot import read_baseline, take_snapshot
from metrics.gate.verdict import compare_snapshots
from tests.support.metrics.snapshots import accuracy, plan, snapshot, times, write_run
from tests.support.paths import ROOT


def test_a_baseline_stores_partials_and_the_relative_step_time_of_each_process(tmp_path):
    write_run(tmp_path, "a")
    found = make_baseline(plan("a"), tmp_path)
    stored = found["accuracy"]["d/mot15"]["variants"]["a"]
    assert list(stored) == ["s0", "s1"]
    assert stored["s0"]["frames"] == 100
    assert stored["s0"]["classes"]["person"]["partials"]["clear"]["false_negatives"] == 20
    assert found["speed"]["d"]["a"]["relative_step_times"] == [2.0, 2.0]  # (30 + 50) over (10 + 30)


def test_a_baseline_is_refused_on_a_busy_machine(tmp_path):
    write_run(tmp_path, "a", others_s=1.06)  # above a tenth of a core plus the accounting error
    expected = r"step_time_0\.json: .* found .* in 2 of 2 processes, here: other .* \(0\.1 cores\)"
    with pytest.raises(ValueError, match=expected):
        make_baseline(plan("a"), tmp_path)


def test_a_baseline_is_accepted_on_an_almost_quiet_machine(tmp_path):
    write_run(tmp_path, "a", others_s=1.04)
    assert make_baseline(plan("a"), tmp_path)["speed"]["d"]


def test_a_baseline_of_accuracy_only_is_accepted_on_a_busy_machine(tmp_path):
    write_run(tmp_path, "a", others_s=9.0)
    assert make_baseline(plan(variants=["a"]), tmp_path)["speed"] == {}


def test_a_baseline_with_a_missing_variant_is_refused(tmp_path):
    write_run(tmp_path, "a")
    with pytest.raises(
        FileNotFoundError, match=r"d/mot15: expected results .*, found none of \['b'\]"
    ):
        make_baseline(plan(variants=["a", "b"]), tmp_path)


OLD_NAMES = {  # of schema 1: clear's partials, and the speed of a variant
    '"true_positives"': '"matches"',
    '"false_negatives"': '"misses"',
    '"false_positives"': '"extras"',
    '"relative_step_times"': '"paces"',
}


def test_a_baseline_of_schema_1_is_migrated_and_gives_the_same_verdicts(tmp_path):
    before = snapshot({"a": accuracy(80, 90)}, {"a": times(1.0, 1.1, 1.2)})
    now = snapshot({"a": accuracy(80, 80)}, {"a": times(1.5, 1.6, 1.7)})
    text = json.dumps(before | {"schema": 1})
    for name, old in OLD_NAMES.items():
        assert name in text
        text = text.replace(name, old)
    (tmp_path / "old.json").write_text(text)
    migrated = read_baseline(tmp_path / "old.json")
    assert migrated == before
    found = compare_snapshots(migrated, now, plan("a"))
    assert found == compare_snapshots(before, now, plan("a"))
    assert [each.verdict for each in found] == ["WORSE", "WORSE"]


def accuracy_of(workdir, **finished):
    found = take_snapshot(plan(variants=["a"]), workdir, **finished)
    return found["accuracy"]["d/mot15"]["variants"]


def test_a_score_of_other_code_is_ignored(tmp_path):
    write_run(tmp_path, "a")
    path = tmp_path / "results" / "a" / "d" / "s0" / "mot15" / "score.json"
    write_json(path, read_json(path) | {"origin": "other"})
    assert accuracy_of(tmp_path) == {}


def test_after_a_failed_run_a_score_older_than_its_tracks_is_ignored(tmp_path):
    write_run(tmp_path, "a")
    assert list(accuracy_of(tmp_path, finished=False)) == ["a"]
    os.utime(tmp_path / "results" / "a" / "d" / "s0" / "mot15" / "score.json", (1, 1))
    assert accuracy_of(tmp_path, finished=False) == {}
    assert list(accuracy_of(tmp_path)) == ["a"], "the tracks were made again without a change"


@pytest.mark.slow
def test_a_baseline_written_by_the_command_can_be_read(tmp_path):
    write_run(tmp_path, "a")
    path = tmp_path / "baselines" / "mine.json"
    command = [sys.executable, "-m", "metrics.gate.baseline", "--plan", json.dumps(plan("a"))]
    command += ["--workdir", str(tmp_path), "--output", str(path)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    assert "mine.json: " in done.stdout
    assert read_baseline(path)["commit"] == "def"


def test_the_relative_step_time_is_the_fastest_pass_of_each_frame_over_the_fastest_work():
    timing = {"step_ns": [[40, 90], [60, 80]], "calibration_ns": [[10, 20], [20, 10]]}
    assert relative_step_time([timing]) == pytest.approx((40 + 80) / (10 + 10))
    other = {"step_ns": [[10], [12]], "calibration_ns": [[40], [50]]}
    assert relative_step_time([timing, other]) == pytest.approx((130 / 3) / (60 / 3))


def test_the_relative_step_time_does_not_change_when_everything_takes_twice_as_long():
    once = {"step_ns": [[40, 90]], "calibration_ns": [[10, 20]]}
    twice = {name: [[2 * each for each in row] for row in rows] for name, rows in once.items()}
    assert relative_step_time([once]) == relative_step_time([twice])


def test_the_interval_of_a_slow_down_uses_students_t_over_processes():
    found = compare_step_times([1.0, 1.02, 0.98], [1.1, 1.12, 1.08], 0.95)
    # by hand: logarithms 0, 0.01980, -0.02020 and 0.09531, 0.11333, 0.07696 have the variances
    # 4.0008e-4 and 3.3073e-4; the larger is used twice; t with 2 degrees of freedom is 4.3027
    assert found.change == pytest.approx(0.0953335, abs=1e-6)
    assert found.half_width == pytest.approx(4.3027 * (2 * 4.0008e-4 / 3) ** 0.5, rel=1e-3)


def test_one_process_gives_no_interval():
    assert compare_step_times([1.0], [1.1, 1.2], 0.95).half_width is None
