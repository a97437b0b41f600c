from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.files import read_json, sha256
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.sequences.prompts import starting_in
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import open_sequence, read_sequence
from datasets.types import Extent, Frame, Sequence, Tracks
from metrics.score import score_tracks
from tests.support.trackers.slow_trackers import Counting
from tests.support.virtual_clock import MS
from trackers.contract import load_method, load_tracker
from trackers.feed import Collector, read_feed
from trackers.output_check import OutputCheck
from trackers.run import track
from trackers.timing.streaming import main, stream

EXTENT = Extent(4, 6, 12, {1: "person"})
CHECK = OutputCheck("Counting", Sequence("own", "walk", EXTENT, 25))


def streamed(step_ms, rate, frames=12):
    """Return the processed frames, and the frame whose output each frame has."""
    tracker = Counting(int(step_ms * MS))
    result = stream(tracker, map(Frame, range(frames)), CHECK, rate, tracker.now)
    sources = [int(each.track[0]) for each in result.outputs]
    return np.flatnonzero(result.processed).tolist(), sources


def test_a_tracker_that_is_fast_enough_processes_every_frame():
    assert streamed(39, rate=25) == (list(range(12)), list(range(12)))


def test_a_tracker_of_half_the_rate_processes_every_other_frame():
    # it is idle at 80 ms, when frame 2 has just arrived
    processed, outputs = streamed(80, rate=25)
    assert processed == [0, 2, 4, 6, 8, 10]
    assert outputs == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]


def test_an_idle_tracker_processes_the_newest_frame():
    # frames arrive every 10 ms; idle at 25 (frame 2 has arrived), 50 (5), 75 (7), 100 (10)
    assert streamed(25, rate=100)[0] == [0, 2, 5, 7, 10]


def test_a_slow_first_frame_does_not_slow_the_rest():
    tracker = Counting(35 * MS, 5 * MS)
    result = stream(tracker, map(Frame, range(8)), CHECK, 100, tracker.now)
    assert np.flatnonzero(result.processed).tolist() == [0, 3, 4, 5, 6, 7]
    assert result.step_ns == [35 * MS] + [5 * MS] * 5


def test_prompts_of_dropped_frames_come_with_the_next_processed_frame():
    mask = np.zeros((3, 4, 6), bool)
    mask[:, 1:3, 1:3] = True
    masks = coco_rle.encode(mask)
    prompts = Tracks(EXTENT, [0, 1, 2], [7, 8, 9], np.ones(3), np.ones(3), masks.boxes, masks)
    tracker = Counting(25 * MS)
    frames = (Frame(i, prompts=starting_in(prompts, i)) for i in range(6))
    stream(tracker, frames, CHECK, 100, tracker.now)
    prompted = {frame.index: frame.prompts.track.tolist() for frame in tracker.frames}
    assert prompted == {0: [7], 2: [8, 9], 5: []}
    later = tracker.frames[1].prompts
    assert later.frame.tolist() == [2, 2]
    assert np.array_equal(coco_rle.decode(later.rle), mask[1:])


def test_the_score_of_a_stream_is_that_of_outputs_repeated_for_dropped_frames(crossing: Path):
    truth, method = read_tracks(crossing.with_name("truth.parquet")), load_method("sort")
    frames = list(read_feed(open_sequence(crossing), method))
    tracker = load_tracker("sort", {})
    tracker.start(read_sequence(crossing))
    ticks = itertools.count(step=80 * MS)  # the clock advances by 80 ms at each call
    check = OutputCheck("SORT", read_sequence(crossing))
    late = collect(truth, stream(tracker, frames, check, 25, lambda: next(ticks)).outputs)
    tracker.start(read_sequence(crossing))
    every_other = [tracker.step(frame) for frame in frames[::2]]
    repeated = collect(truth, [output for output in every_other for _ in range(2)])
    full = track(load_tracker("sort", {}), method, open_sequence(crossing))
    hota, expected, offline = (
        score_tracks(truth, each, "mot15", ["hota"])["values"]["HOTA"]
        for each in (late, repeated, full)
    )
    assert hota == expected < offline


def collect(truth, outputs):
    collector = Collector(truth.extent)
    for output in outputs:
        collector.add(output)
    return collector.tracks()


@pytest.fixture
def run_stream(crossing, tmp_path, monkeypatch):
    """A function that runs the command at a frame rate and returns its exit code."""

    def run(rate):
        words = ["streaming", "--method", "sort", "--rate", str(rate), "--sequence", crossing]
        words += ["--output", tmp_path / "tracks.parquet", "--run", tmp_path / "run.json"]
        words += ["--timing", tmp_path / "streaming.json"]
        monkeypatch.setattr(sys, "argv", [str(word) for word in words])
        return run_main(main)

    return run


def read_outputs(folder):
    return read_tracks(folder / "tracks.parquet"), read_json(folder / "streaming.json")


def test_at_a_low_rate_the_tracks_are_those_of_a_normal_run(run_stream, crossing: Path, tmp_path):
    assert run_stream(1e-4) == 0  # a frame every three hours
    found, timing = read_outputs(tmp_path)
    assert found.same(track(load_tracker("sort", {}), load_method("sort"), open_sequence(crossing)))
    assert (timing["frames"], timing["dropped"]) == (100, 0)
    record = read_run_json(tmp_path / "run.json")
    assert record["program"] == "trackers.timing.streaming"
    assert record["tracks"] == sha256(tmp_path / "tracks.parquet")


def test_at_an_extreme_rate_only_the_output_of_the_first_frame_is_left(run_stream, tmp_path):
    assert run_stream(1e12) == 0  # 100 frames in 0.1 ns
    found, timing = read_outputs(tmp_path)
    assert timing["dropped"] == 99
    assert len(timing["step_ns"]) == 1
    first = np.flatnonzero(found.frame == 0)
    assert len(first)
    assert np.array_equal(found.box, np.tile(found.box[first], (100, 1)))


@pytest.mark.parametrize("rate", ["0", "-5", "inf"])
def test_an_invalid_rate_is_rejected(run_stream, capsys, rate):
    assert run_stream(rate) == 2
    assert "--rate: " in capsys.readouterr().err
