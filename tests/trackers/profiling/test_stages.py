from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.trackers.slow_trackers import MS, Staged
from trackers.output_check import OutputCheck
from trackers.profiling.stages import REST, Record, recording, stage
from trackers.timing import timed_passes

FRAMES = 12
LATE = 0.005  # seconds
NAMES = ("decode", "detect", "embed", "match", REST, "pack")


def record(monkeypatch) -> Record:
    """Return a record whose clock goes on by 1 at each look."""
    ticks = count()
    monkeypatch.setattr("trackers.profiling.stages.perf_counter_ns", lambda: next(ticks))
    return Record()


def test_a_stage_is_told_without_the_stages_within_it(monkeypatch):
    kept = record(monkeypatch)
    with recording(kept), stage("outer"), stage("inner"):
        pass
    assert kept.spent == {REST: 2, "outer": 2, "inner": 1}


def test_a_stage_that_comes_twice_adds_up(monkeypatch):
    kept = record(monkeypatch)
    with recording(kept):
        for _ in range(3):
            with stage("again"):
                pass
    assert kept.spent == {REST: 4, "again": 3}


def test_a_stage_ends_where_an_error_leaves_it(monkeypatch):
    kept = record(monkeypatch)
    with pytest.raises(KeyError), recording(kept), stage("broken"):
        raise KeyError
    with recording(kept):
        pass
    assert kept.spent == {REST: 3, "broken": 1}


def test_a_device_is_waited_for_at_both_ends_of_a_stage():
    waits = []
    with recording(Record(lambda: waits.append(1))), stage("network"):
        assert len(waits) == 2
    assert len(waits) == 4


def test_outside_a_recording_nothing_is_kept():
    with stage("alone"):
        pass
    kept = Record()
    with recording(kept):
        pass
    assert list(kept.spent) == [REST]


def recorded(crossing, slow_decode=0.0, **late):
    """Return the whole and each stage in ms, the least of all frames: without what others took."""

    def feed():
        for index in range(FRAMES):
            timed_passes.perf_counter_ns()
            if slow_decode:
                Staged(detect=slow_decode)._pass("detect")
            yield Frame(index)

    sequence = read_sequence(crossing)
    check = OutputCheck("Staged", sequence)
    whole, stages = timed_passes.record_stages(Staged(**late), sequence, feed(), check, FRAMES)
    assert len(whole) == len(stages) == FRAMES
    found = {name: min(each.get(name, 0) for each in stages) / MS for name in NAMES}
    return np.array(whole) / MS, stages, found


@pytest.mark.parametrize("slow", ["detect", "embed", "match"])
def test_a_sleep_in_one_stage_shows_in_that_stage_and_in_the_total_only(crossing, slow):
    whole_before, _, before = recorded(crossing)
    whole, _, after = recorded(crossing, **{slow: LATE})
    more = {name: after[name] - before[name] for name in NAMES}
    # ms; a sleep may end late, and the frame it is held against took a little itself
    assert 4.7 < more.pop(slow) < 7
    assert max(map(abs, more.values())) < 1
    assert 4.7 < whole.min() - whole_before.min() < 8


def test_a_slow_decoder_does_not_move_the_stages_of_the_step(crossing):
    _, _, before = recorded(crossing)
    _, _, after = recorded(crossing, slow_decode=LATE)
    assert after["decode"] - before["decode"] > 4.7
    assert max(abs(after[name] - before[name]) for name in NAMES[1:]) < 1


def test_the_stages_add_up_to_the_whole(crossing):
    whole, stages, _ = recorded(crossing)
    parts = [sum(each.values()) / MS for each in stages]
    gaps = 1 - np.array(parts) / whole
    assert (gaps >= 0).all()
    assert np.median(gaps) < 0.02
