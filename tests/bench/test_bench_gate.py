"""The changes injected by the gate's benchmarks."""

from __future__ import annotations

import numpy as np
import pytest

from bench.material import gate_material, slowed_clock
from bench.material.gate_material import Workdir
from bench.material.slowed_clock import Slowed
from bench.regression.gate_against import limits_of, summary
from datasets.readers import synthetic
from datasets.sequences.sequence_json import write_prepared
from datasets.types import Frame
from tests.support.paths import ROOT
from tests.support.trackers.slow_trackers import Working
from tests.support.virtual_clock import MS
from trackers.timing import other_checkout

SEQUENCES = ("crossing", "crowd")


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_slowed_tracker_takes_its_share_of_extra_processor_time(virtual_clock, share):
    clock = virtual_clock(slowed_clock, reading_ns=1000)
    slowed = Slowed(Working(clock, 10 * MS, sleep_s=0.1), share)
    begin = clock.process_time_ns()
    slowed.step(Frame(0))
    found = clock.process_time_ns() - begin
    assert found == pytest.approx((1 + share) * 10 * MS, abs=5000)  # some readings of the clock


def test_the_slowed_program_times_a_slowed_tracker(monkeypatch):
    loaded = []
    monkeypatch.setattr("sys.argv", ["slowed_clock", "--slower", "0.1"])
    monkeypatch.setattr(slowed_clock, "load_tracker_from", lambda *arguments: arguments)
    monkeypatch.setattr(
        other_checkout,
        "main",
        lambda: loaded.append(other_checkout.load_tracker_from(ROOT, "sort", {})),
    )
    slowed_clock.main()
    assert isinstance(loaded[0], Slowed)


def test_a_method_with_networks_has_its_own_timing_limits():
    regression = {"frames": 45, "processes": 6, "networks": {"frames": 8}}
    assert limits_of(regression, "sort")["frames"] == 45
    assert limits_of(regression, "masktrack_rcnn")["frames"] == 8
    assert limits_of(regression, "masktrack_rcnn")["processes"] == 6


def test_verdicts_are_counted_by_kind_of_change():
    one = {"variant": "sort", "kind": "unchanged", "verdict": "pass"}
    assert summary([one, one, {**one, "verdict": "regression"}]) == {
        "sort: unchanged": {"pass": 2, "regression": 1}
    }


@pytest.mark.slow
def test_boxes_are_removed_until_hota_is_lower_by_the_given_amount(tmp_path, monkeypatch):
    monkeypatch.setattr(gate_material, "SEQUENCES", SEQUENCES)
    workdir = Workdir(tmp_path)
    for name in SEQUENCES:
        path = workdir.sequence(name)
        prepared = synthetic.read("synthetic", None, name, path.parent, split="test")
        write_prepared(path, prepared)
        workdir.score("truth", name, prepared.truth)
    assert workdir.hota(workdir.tracks("truth")) == 1
    found = workdir.hota(workdir.worse("truth", 0.01, 3))
    assert 0.985 < found <= 0.99
    one, other = (workdir.worse("truth", 0.01, seed)["crowd"] for seed in (3, 4))
    assert not np.array_equal(one.box, other.box)
