"""The calibrated clock: timed steps, and a fixed amount of work timed after each."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.io.files import read_json
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.paths import ROOT
from tests.support.trackers.slow_trackers import MS, make_output, work
from trackers.output_check import OutputCheck
from trackers.timing import calibrated_clock
from trackers.timing.calibration import Calibration

pytestmark = pytest.mark.slow


class Busy:
    def start(self, sequence):
        pass

    def step(self, frame):
        work(MS)
        return make_output(1)


def timed_run(crossing, checked):
    frames = [Frame(index) for index in range(5)]
    sequence = read_sequence(crossing)
    return SimpleNamespace(
        tracker=Busy(),
        sequence=sequence,
        output_check=OutputCheck("Busy", sequence),
        frames=4,
        feed=lambda: iter(frames),
        check=lambda outputs: checked.append(len(outputs)),  # counts the outputs of each pass
    )


def test_work_is_timed_after_every_step_and_every_pass_is_checked(crossing):
    checked = []
    found = calibrated_clock.time_passes(timed_run(crossing, checked), 2, range(3, 5), 1000)
    assert found["frames"] == 4
    assert np.shape(found["step_ns"]) == np.shape(found["calibration_ns"]) == (5, 4)
    assert checked == [4] * 5
    assert np.min(found["step_ns"]) >= MS
    assert {"wall_s", "load"} <= found["load"].keys()


def test_the_minimum_number_of_passes_is_made_even_after_the_time_limit(crossing):
    found = calibrated_clock.time_passes(timed_run(crossing, []), 2, range(3, 50), 0)
    assert len(found["step_ns"]) == 3


def test_slow_work_does_not_affect_the_times_of_the_steps(crossing, monkeypatch):
    monkeypatch.setattr(Calibration, "time", lambda self: work(20 * MS) or 7)
    found = calibrated_clock.time_passes(timed_run(crossing, []), 2, range(3, 3), 0)
    assert np.min(found["step_ns"]) < 10 * MS  # minimum of 12, so that a busy machine passes
    assert np.unique(found["calibration_ns"]).tolist() == [7]


def test_the_work_is_the_same_in_every_process():
    one, other = Calibration(), Calibration()
    assert np.array_equal(one.boxes, other.boxes)
    assert np.array_equal(one.matrix, other.matrix)
    assert one.time() > 0


def test_the_command_times_a_run_that_gives_the_scored_tracks(crossing, tmp_path):
    tracks = tmp_path / "tracks.parquet"
    same = ["--method", "sort", "--sequence", str(crossing)]
    track = [sys.executable, "-m", "trackers.run", *same, "--output", str(tracks)]
    subprocess.run(track, check=True, cwd=ROOT)
    command = [
        sys.executable,
        "-m",
        "trackers.timing.calibrated_clock",
        *same,
        "--expect",
        str(tracks),
    ]
    command += ["--frames", "5", "--warm-up", "2", "--passes", "1", "2", "--seconds", "100"]
    subprocess.run([*command, "--output", str(tmp_path / "times.json")], check=True, cwd=ROOT)
    found = read_json(tmp_path / "times.json")
    assert np.shape(found["step_ns"]) == np.shape(found["calibration_ns"]) == (2, 5)
    assert found["machine"]["cores"]
