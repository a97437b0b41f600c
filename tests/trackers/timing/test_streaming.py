from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.files import read_json, sha256
from datasets.masks import coco_rle
from datasets.sequences.prompts import starting_in
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import open_sequence, read_sequence
from datasets.types import Extent, Frame, Sequence, Tracks
from metrics.score import score_tracks
from tests.support.paths import ROOT
from tests.support.trackers.slow_trackers import MS, Counting
from trackers.contract import load_method, load_tracker
from trackers.feed import Collector, read_feed
from trackers.output_check import OutputCheck
from trackers.run import track
from trackers.timing.streaming import stream

EXTENT = Extent(4, 6, 12, {1: "person"})
CHECK = OutputCheck("Counting", Sequence("own", "walk", EXTENT, 25))


def streamed(step_ms, rate, frames=12):
    """Return which frames were taken, and whose answer each frame has."""
    tracker = Counting(int(step_ms * MS))
    seen = stream(tracker, map(Frame, range(frames)), CHECK, rate, tracker.now)
    return np.flatnonzero(seen.taken).tolist(), [int(each.track[0]) for each in seen.outputs]


def test_a_tracker_that_is_fast_enough_takes_every_frame():
    assert streamed(39, rate=25) == (list(range(12)), list(range(12)))


def test_a_tracker_of_twice_the_time_takes_every_other_frame():
    # it is free at 80 ms, when frame 2 has just come
    taken, outputs = streamed(80, rate=25)
    assert taken == [0, 2, 4, 6, 8, 10]
    assert outputs == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]


def test_a_tracker_takes_the_newest_frame_when_it_is_free():
    # frames come every 10 ms; free at 25 (frame 2 is there), 50 (5), 75 (7), 100 (10)
    assert streamed(25, rate=100)[0] == [0, 2, 5, 7, 10]


def test_a_slow_first_frame_does_not_slow_the_rest():
    tracker = Counting(10 * MS)
    first = tracker.step

    def step(frame):
        tracker._step_ns = 35 * MS if frame.index == 0 else 5 * MS
        return first(frame)

    tracker.step = step
    seen = stream(tracker, map(Frame, range(8)), CHECK, 100, tracker.now)
    assert np.flatnonzero(seen.taken).tolist() == [0, 3, 4, 5, 6, 7]
    assert seen.step_ns == [35 * MS] + [5 * MS] * 5


def test_prompts_of_dropped_frames_come_with_the_next_frame_taken():
    mask = np.zeros((3, 4, 6), bool)
    mask[:, 1:3, 1:3] = True
    masks = coco_rle.encode(mask)
    prompts = Tracks(EXTENT, [0, 1, 2], [7, 8, 9], np.ones(3), np.ones(3), masks.boxes, masks)
    tracker = Counting(25 * MS)
    frames = (Frame(i, prompts=starting_in(prompts, i)) for i in range(6))
    stream(tracker, frames, CHECK, 100, tracker.now)
    shown = {frame.index: frame.prompts.track.tolist() for frame in tracker.shown}
    assert shown == {0: [7], 2: [8, 9], 5: []}
    later = tracker.shown[1].prompts
    assert later.frame.tolist() == [2, 2]
    assert np.array_equal(coco_rle.decode(later.rle), mask[1:])


def test_late_answers_cost_what_the_dropped_frames_imply(crossing: Path):
    """A tracker that sees every other frame is scored as one whose answers are shown twice."""
    truth, method = read_tracks(crossing.with_name("truth.parquet")), load_method("sort")
    frames = list(read_feed(open_sequence(crossing), method))
    tracker = load_tracker("sort", {})
    tracker.start(read_sequence(crossing))
    ticks = itertools.count(step=80 * MS)  # a look at the clock is 80 ms after the one before
    check = OutputCheck("SORT", read_sequence(crossing))
    late = collected(truth, stream(tracker, frames, check, 25, lambda: next(ticks)).outputs)
    tracker.start(read_sequence(crossing))
    shown = [tracker.step(frame) for frame in frames[::2]]
    twice = collected(truth, [output for output in shown for _ in range(2)])
    whole = track(load_tracker("sort", {}), method, open_sequence(crossing))
    hota, expected, normal = (
        score_tracks(truth, each, "mot15", ["hota"])["values"]["HOTA"]
        for each in (late, twice, whole)
    )
    assert hota == expected < normal


def collected(truth, outputs):
    collector = Collector(truth.extent)
    for output in outputs:
        collector.add(output)
    return collector.tracks()


def run_real_time(crossing, folder, rate):
    command = [
        sys.executable,
        "-m",
        "trackers.timing.streaming",
        "--method",
        "sort",
        "--rate",
        str(rate),
    ]
    command += ["--sequence", crossing, "--output", folder / "tracks.parquet"]
    command += ["--timing", folder / "real_time.json", "--run", folder / "run.json"]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return read_tracks(folder / "tracks.parquet"), read_json(folder / "real_time.json")


def test_at_ample_speed_the_tracks_are_those_of_a_normal_run(crossing: Path, tmp_path):
    found, timing = run_real_time(crossing, tmp_path, 0.1)  # a frame in ten seconds
    assert found.same(track(load_tracker("sort", {}), load_method("sort"), open_sequence(crossing)))
    assert (timing["frames"], timing["dropped"]) == (100, 0)
    told = read_run_json(tmp_path / "run.json")
    assert told["program"] == "trackers.timing.streaming"
    assert told["tracks"] == sha256(tmp_path / "tracks.parquet")


def test_far_too_fast_a_stream_leaves_the_answer_of_the_first_frame(crossing: Path, tmp_path):
    found, timing = run_real_time(crossing, tmp_path, 1e9)
    assert timing["dropped"] == 99
    assert len(timing["step_ns"]) == 1
    first = np.flatnonzero(found.frame == 0)
    assert len(first)
    assert np.array_equal(found.box, np.tile(found.box[first], (100, 1)))


@pytest.mark.parametrize("rate", ["0", "-5", "inf"])
def test_a_rate_that_is_none_is_refused(crossing, tmp_path, rate):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run_real_time(crossing, tmp_path, rate)
    assert b"--rate: " in caught.value.stderr
