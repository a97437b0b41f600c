from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.trackers.slow_trackers import MS, Staged, work_and_sleep
from trackers.output_check import OutputCheck
from trackers.profiling.stages import REST, StageTimes, recording, stage
from trackers.timing import timed_passes

FRAMES = 12
DELAY = 0.005  # seconds
NAMES = ("decode", "detect", "embed", "match", REST, "pack")


def record(monkeypatch) -> StageTimes:
    """Return a record whose clock advances by 1 at each call."""
    ticks = count()
    monkeypatch.setattr("trackers.profiling.stages.perf_counter_ns", lambda: next(ticks))
    return StageTimes()


def test_the_time_of_a_stage_excludes_its_nested_stages(monkeypatch):
    kept = record(monkeypatch)
    with recording(kept), stage("outer"), stage("inner"):
        pass
    assert kept.spent == {REST: 2, "outer": 2, "inner": 1}


def test_the_times_of_a_repeated_stage_are_added(monkeypatch):
    kept = record(monkeypatch)
    with recording(kept):
        for _ in range(3):
            with stage("again"):
                pass
    assert kept.spent == {REST: 4, "again": 3}


def test_a_stage_ends_when_an_error_leaves_it(monkeypatch):
    kept = record(monkeypatch)
    with pytest.raises(KeyError), recording(kept), stage("broken"):
        raise KeyError
    with recording(kept):
        pass
    assert kept.spent == {REST: 3, "broken": 1}


def test_a_device_is_waited_for_at_both_ends_of_a_stage():
    waits = []
    with recording(StageTimes(lambda: waits.append(1))), stage("network"):
        assert len(waits) == 2
    assert len(waits) == 4


def test_nothing_is_recorded_outside_a_recording():
    with stage("alone"):
        pass
    kept = StageTimes()
    with recording(kept):
        pass
    assert list(kept.spent) == [REST]


def record_frames(crossing, slow_decode=0.0, **delays):
    """Return the end-to-end times in ms, the stages of each frame, and the minimum of each stage.

    The minimum in ms over the frames excludes the influence of other processes.
    """

    def feed():
        for index in range(FRAMES):
            if slow_decode:
                work_and_sleep(slow_decode)
            yield Frame(index)

    sequence = read_sequence(crossing)
    check = OutputCheck("Staged", sequence)
    end_to_end, stages = timed_passes.record_stages(
        Staged(**delays), sequence, feed(), check, FRAMES
    )
    assert len(end_to_end) == len(stages) == FRAMES
    minimum = {name: min(each.get(name, 0) for each in stages) / MS for name in NAMES}
    return np.array(end_to_end) / MS, stages, minimum


@pytest.mark.slow
@pytest.mark.parametrize("slow", ["detect", "embed", "match"])
def test_a_delay_in_one_stage_shows_in_that_stage_and_in_the_total_only(crossing, slow):
    total_before, _, before = record_frames(crossing)
    total, _, after = record_frames(crossing, **{slow: DELAY})
    increase = {name: after[name] - before[name] for name in NAMES}
    # ms; a sleep may end late, and the frame compared with has a duration of its own
    assert 4.7 < increase.pop(slow) < 7
    assert max(map(abs, increase.values())) < 1
    assert 4.7 < total.min() - total_before.min() < 8


@pytest.mark.slow
def test_a_slow_decoder_does_not_affect_the_stages_of_the_step(crossing):
    _, _, before = record_frames(crossing)
    _, _, after = record_frames(crossing, slow_decode=DELAY)
    assert after["decode"] - before["decode"] > 4.7
    assert max(abs(after[name] - before[name]) for name in NAMES[1:]) < 1


@pytest.mark.slow
def test_the_stages_add_up_to_the_total(crossing):
    total, stages, _ = record_frames(crossing)
    sums = [sum(each.values()) / MS for each in stages]
    gaps = 1 - np.array(sums) / total
    assert (gaps >= 0).all()
    assert np.median(gaps) < 0.02
