"""What the bench of the gate injects is what it says."""

from __future__ import annotations

from time import perf_counter_ns

import numpy as np
import pytest
from slow_trackers import MS, answer, work

from bench.gate_material import SEQUENCES, Room
from bench.slowed_pace import Slowed
from datasets.readers import synthetic
from datasets.sequence_json import write_prepared
from datasets.types import Frame


class Busy:
    def start(self, sequence):
        pass

    def step(self, frame):
        begin = perf_counter_ns()
        work(5 * MS)
        self.took = perf_counter_ns() - begin
        return answer(1)


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_slowed_tracker_takes_at_least_its_share_longer(share):
    tracker = Busy()
    found = []
    for _ in range(5):
        begin = perf_counter_ns()
        Slowed(tracker, share).step(Frame(0))
        found.append((perf_counter_ns() - begin) / tracker.took - 1)
    assert share <= min(found) < share + 0.1  # of the least disturbed of five steps


@pytest.mark.slow
def test_tracks_lose_so_many_boxes_that_hota_falls_by_so_much(tmp_path):
    room = Room(tmp_path)
    for name in SEQUENCES:
        path = room.sequence(name)
        prepared = synthetic.read("synthetic", None, name, path.parent, split="test")
        write_prepared(path, prepared)
        room.score("truth", name, prepared.truth)
    assert room.hota(room.tracks("truth")) == 1
    found = room.hota(room.worse("truth", 0.01, 3))
    assert 0.985 < found <= 0.99
    one, other = (room.worse("truth", 0.01, seed)["crowd"] for seed in (3, 4))
    assert not np.array_equal(one.box, other.box)
