from __future__ import annotations

import numpy as np
import pytest

from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.trackers.slow_trackers import WORK_NS, Staged
from tests.support.virtual_clock import MS
from trackers.output_check import OutputCheck
from trackers.profiling import stages
from trackers.profiling.stages import REST, StageTimes, recording, stage
from trackers.timing import timed_passes

FRAMES = 12
DELAY = 0.005  # seconds
AT_REST = dict.fromkeys(("decode", REST, "pack"), 0) | dict.fromkeys(
    ("detect", "embed", "match"), WORK_NS
)  # nanoseconds of the stages of Staged


@pytest.fixture
def ticking(virtual_clock):
    """A clock that advances by 1 each time it is read."""
    return virtual_clock(stages, reading_ns=1)


def test_the_time_of_a_stage_excludes_its_nested_stages(ticking):
    kept = StageTimes()
    with recording(kept), stage("outer"), stage("inner"):
        pass
    assert kept.spent == {REST: 2, "outer": 2, "inner": 1}


def test_the_times_of_a_repeated_stage_are_added(ticking):
    kept = StageTimes()
    with recording(kept):
        for _ in range(3):
            with stage("again"):
                pass
    assert kept.spent == {REST: 4, "again": 3}


def test_a_stage_ends_when_an_error_leaves_it(ticking):
    kept = StageTimes()
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


@pytest.fixture
def clock(virtual_clock):
    """The clock of the timed passes and of the stages."""
    return virtual_clock(timed_passes, stages)


def record_frames(crossing, clock, slow_decode=0.0, **delays):
    """Return the end-to-end times and the stages of each frame."""

    def feed():
        for index in range(FRAMES):
            clock.sleep(slow_decode)
            yield Frame(index)

    sequence = read_sequence(crossing)
    check = OutputCheck("Staged", sequence)
    return timed_passes.record_stages(Staged(clock, **delays), sequence, feed(), check, FRAMES)


@pytest.mark.parametrize("slow", ["detect", "embed", "match"])
def test_a_delay_in_one_stage_shows_in_that_stage_and_in_the_total_only(crossing, clock, slow):
    total, found = record_frames(crossing, clock, **{slow: DELAY})
    assert found == [AT_REST | {slow: WORK_NS + 5 * MS}] * FRAMES
    assert total == [3 * WORK_NS + 5 * MS] * FRAMES


def test_a_slow_decoder_does_not_affect_the_stages_of_the_step(crossing, clock):
    total, found = record_frames(crossing, clock, slow_decode=DELAY)
    assert found == [AT_REST | {"decode": 5 * MS}] * FRAMES
    assert total == [3 * WORK_NS + 5 * MS] * FRAMES


def test_the_stages_add_up_to_the_total_but_for_the_readings_of_its_clock(crossing, virtual_clock):
    clock = virtual_clock(timed_passes, stages, reading_ns=1)
    total, found = record_frames(crossing, clock)
    gaps = np.subtract(total, [sum(each.values()) for each in found])
    assert gaps.tolist() == [5] * FRAMES  # readings between the stages


def test_checking_the_output_is_part_of_no_stage_and_not_of_the_total(crossing, clock, monkeypatch):
    monkeypatch.setattr(OutputCheck, "check", lambda *_: clock.sleep(DELAY))
    total, found = record_frames(crossing, clock)
    assert found == [AT_REST] * FRAMES
    assert total == [3 * WORK_NS] * FRAMES
