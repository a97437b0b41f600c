from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import parquet
from datasets.masks import coco_rle
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Extent, Tracks
from tests.support.paths import ROOT
from trackers.contract import TrackerOutput, check_options, load_method, load_tracker
from trackers.feed import Collector, read_feed
from trackers.run import track
from trackers.timing import clock

EXTENT = Extent(4, 6, 3, {1: "person"})


def make_output(tracks, mask=None):
    count = len(tracks)
    box = np.tile([0.0, 0, 1, 1], (count, 1))
    return TrackerOutput(np.array(tracks), box, np.ones(count), np.ones(count, int), mask)


def test_outputs_become_tracks_frame_by_frame():
    collector = Collector(EXTENT)
    for output in (make_output([4, 5]), make_output([]), make_output([4])):
        collector.add(output)
    found = collector.tracks()
    assert found.frame.tolist() == [0, 0, 2]
    assert found.track.tolist() == [4, 5, 4]
    assert found.rle is None


def test_masks_become_run_lengths():
    mask = np.zeros((1, 4, 6), bool)
    mask[0, 1:3, 2:4] = True
    collector = Collector(EXTENT)
    no_objects = make_output([], np.zeros((0, 4, 6), bool))
    for output in (make_output([1], mask), no_objects, make_output([1], mask)):
        collector.add(output)
    runs = collector.tracks().rle
    assert np.array_equal(coco_rle.decode(runs), np.concatenate([mask, mask]))


def test_an_error_in_a_step_names_the_frame(crossing):
    class Failing:
        def start(self, sequence):
            self.remaining = 3

        def step(self, frame):
            self.remaining -= 1
            if not self.remaining:
                raise ValueError("the output of the network is not finite")
            return make_output([])

    with pytest.raises(ValueError, match="not finite") as caught:
        track(Failing(), load_method("sort"), open_sequence(crossing))
    assert caught.value.__notes__ == ["in frame 2 (from 0) of crossing"]


def test_frames_have_images_only_if_the_method_needs_them(crossing):
    images = [frame.image for frame in read_feed(open_sequence(crossing), load_method("sort"))]
    assert images == [None] * 100


def test_missing_detections_are_an_error_for_a_method_that_needs_them(crossing, tmp_path):
    path = tmp_path / "sequence.json"
    content = json.loads(crossing.read_text())
    del content["sha256"]["detections.parquet"]
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="SORT needs detections and this sequence has none"):
        list(read_feed(open_sequence(path), load_method("sort")))


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("sorted", {}, r"method: expected one of \[.*'bytetrack', .*'sort', .*, found 'sorted'"),
        (
            "sort",
            {"max_aeg": 1},
            r"sort: options: expected some of .*'max_age', .*, found \['max_aeg'\]",
        ),
        ("imported", {}, r"imported: options: \['results'\] are missing"),
    ],
)
def test_unknown_methods_and_options_list_the_known(method, options, message):
    with pytest.raises(ValueError, match=message):
        check_options(method, options)


def run_clock(crossing, tmp_path, expected, *more):
    tracks = tmp_path / "tracks.parquet"
    parquet.write_tracks(tracks, expected)
    command = [sys.executable, "-m", "trackers.timing.clock", "--method", "sort"]
    command += ["--sequence", crossing, "--expect", tracks, "--frames", "40", "--warm-up", "5"]
    command += ["--repeats", "3", "--output", tmp_path / "timing.json", *more]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.slow
def test_the_clock_times_every_frame_of_every_pass(crossing, tmp_path):
    expected = track(load_tracker("sort", {}), load_method("sort"), open_sequence(crossing))
    done = run_clock(crossing, tmp_path, expected)
    assert done.returncode == 0, done.stderr
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert [len(steps) for steps in timing["step_ns"]] == [40, 40, 40]
    assert min(min(steps) for steps in timing["step_ns"]) > 0
    assert len(timing["warm_up_ns"]) == timing["warm_up_frames"]
    assert timing["warm_up_frames"] % 5 == 0
    assert timing["warm_up_frames"] >= 10  # two passes at least
    assert np.shape(timing["memory"]) == (3, 40)
    assert timing["objects"] == np.bincount(expected.frame, minlength=100)[:40].tolist()
    assert [*timing["stage_ns"]] == ["decode", "rest", "pack"]
    assert len(timing["end_to_end_ns"]) == 40
    assert timing["load"]["wall_s"] * 1e9 > np.sum(timing["step_ns"])
    assert "offline_ns" not in timing
    assert timing["machine"]["python"].count(".") == 2


@pytest.mark.slow
def test_the_clock_times_whole_passes_in_the_offline_scenario(crossing, tmp_path):
    expected = track(load_tracker("sort", {}), load_method("sort"), open_sequence(crossing))
    done = run_clock(crossing, tmp_path, expected, "--scenarios", "single_stream", "offline")
    assert done.returncode == 0, done.stderr
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert len(timing["offline_ns"]) == 3
    fastest = np.min(timing["step_ns"])
    assert min(timing["offline_ns"]) > 40 * fastest / 2  # 40 frames of similar speed


@pytest.mark.slow
def test_the_clock_rejects_a_run_whose_output_differs(crossing, tmp_path):
    expected = track(load_tracker("sort", {}), load_method("sort"), open_sequence(crossing))
    done = run_clock(crossing, tmp_path, expected, "--options", '{"min_hits": 1}')
    assert done.returncode == 2
    assert "differs from that of the scored run" in done.stderr
    assert not (tmp_path / "timing.json").exists()


def make_tracks(**changes):
    mask = np.zeros((2, 4, 6), bool)
    mask[:, :, :4] = True
    columns = {"frame": [0, 1], "track": [1, 1], "class_id": [1, 1], "score": [0.5, 0.5]}
    masks = coco_rle.encode(mask)
    return Tracks(EXTENT, **columns | {"box": masks.boxes, "rle": masks} | changes)


def test_tracks_are_equal_up_to_rounding():
    same = make_tracks(score=[0.5, 0.5000002])
    assert clock.equal_up_to_rounding(make_tracks(), same)
    boxes = make_tracks(rle=None)
    assert clock.equal_up_to_rounding(boxes, replace(boxes, box=boxes.box + 1e-9))
    assert not clock.equal_up_to_rounding(boxes, replace(boxes, box=boxes.box + 0.1))
    assert not clock.equal_up_to_rounding(boxes, make_tracks())


CROPPED = np.zeros((2, 4, 6), bool)
CROPPED[:, :3, :4] = True


@pytest.mark.parametrize(
    "changes",
    [
        {"track": [1, 2]},
        {"frame": [0, 2]},
        {"score": [0.5, 0.51]},
        {"rle": coco_rle.encode(CROPPED)},
    ],
)
def test_different_tracks_are_not_equal_up_to_rounding(changes):
    assert not clock.equal_up_to_rounding(make_tracks(), make_tracks(**changes))
