"""The calibrated clock: timed steps, and a fixed amount of work timed after each."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.io.files import read_json
from datasets.io.program import run_main
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.trackers.slow_trackers import Working
from tests.support.virtual_clock import MS
from trackers import run as tracking
from trackers.output_check import OutputCheck
from trackers.timing import calibrated_clock, timed_passes
from trackers.timing.calibration import Calibration

CALIBRATION_MS = 20


@pytest.fixture
def clock(virtual_clock, monkeypatch):
    """The clock of the passes, by which the work after each step takes 20 ms."""
    clock = virtual_clock(calibrated_clock, timed_passes)

    def calibrate(self):
        clock.work(CALIBRATION_MS * MS)
        return CALIBRATION_MS * MS

    monkeypatch.setattr(Calibration, "time", calibrate)
    return clock


def timed_run(crossing, clock, checked):
    frames = [Frame(index) for index in range(5)]
    sequence = read_sequence(crossing)
    return SimpleNamespace(
        tracker=Working(clock, MS, sleep_s=0.002),
        sequence=sequence,
        output_check=OutputCheck("Working", sequence),
        frames=4,
        feed=lambda: iter(frames),
        check=lambda outputs: checked.append(len(outputs)),  # counts the outputs of each pass
    )


def test_work_is_timed_after_every_step_and_every_pass_is_checked(crossing, clock):
    checked = []
    run = timed_run(crossing, clock, checked)
    found = calibrated_clock.time_passes(run, 2, range(3, 5), seconds=1000)
    assert found["frames"] == 4
    assert found["step_ns"] == [[3 * MS] * 4] * 5
    assert found["step_cpu_ns"] == [[MS] * 4] * 5
    assert found["calibration_ns"] == [[20 * MS] * 4] * 5
    assert found["calibration_cpu_ns"] == [[20 * MS] * 4] * 5
    assert checked == [4] * 5
    assert {"wall_s", "load"} <= found["load"].keys()


@pytest.mark.parametrize(("seconds", "passes"), [(0, 3), (0.5, 3), (0.6, 4), (1000, 6)])
def test_passes_beyond_the_minimum_are_made_until_the_time_limit(crossing, clock, seconds, passes):
    # a pass takes 4 x (3 + 2 x 20) ms: the work is done twice
    run = timed_run(crossing, clock, [])
    found = calibrated_clock.time_passes(run, 2, range(3, 6), seconds)
    assert len(found["step_ns"]) == passes


def test_the_work_is_the_same_in_every_process():
    one, other = Calibration(), Calibration()
    assert np.array_equal(one.boxes, other.boxes)
    assert np.array_equal(one.matrix, other.matrix)
    assert one.time() > 0


@pytest.mark.slow
def test_the_command_times_a_run_that_gives_the_scored_tracks(crossing, tmp_path, monkeypatch):
    tracks = tmp_path / "tracks.parquet"
    same = ["--method", "sort", "--sequence", str(crossing)]
    monkeypatch.setattr(sys, "argv", ["run", *same, "--output", str(tracks)])
    assert not run_main(tracking.main)
    words = ["calibrated_clock", *same, "--expect", str(tracks), "--frames", "5", "--warm-up", "2"]
    words += ["--passes", "2", "2", "--seconds", "0", "--output", str(tmp_path / "times.json")]
    monkeypatch.setattr(sys, "argv", words)
    assert not run_main(calibrated_clock.main)
    found = read_json(tmp_path / "times.json")
    assert np.shape(found["step_ns"]) == np.shape(found["calibration_ns"]) == (2, 5)
    assert found["machine"]["cores"]
