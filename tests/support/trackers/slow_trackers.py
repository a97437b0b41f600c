"""Trackers whose steps take a given time on a virtual clock."""

from __future__ import annotations

import numpy as np

from tests.support.virtual_clock import MS, VirtualClock
from trackers.contract import TrackerOutput
from trackers.profiling.stages import stage

WORK_NS = MS // 2  # processor time of each stage of Staged


def make_output(count: int) -> TrackerOutput:
    box = np.tile([0.0, 0, 1, 1], (count, 1))
    return TrackerOutput(np.arange(count), box, np.ones(count), np.ones(count, int))


class Working:
    """A tracker whose step works for a fixed time, then sleeps."""

    def __init__(self, clock: VirtualClock, work_ns: int, sleep_s: float = 0) -> None:
        self._clock, self._work_ns, self._sleep_s = clock, work_ns, sleep_s

    def start(self, sequence):
        pass

    def step(self, frame):
        self._clock.work(self._work_ns)
        self._clock.sleep(self._sleep_s)
        return make_output(1)


class Staged:
    """A tracker with three stages, one of them nested.

    Args:
        delays: Seconds to sleep, by the name of the stage.
    """

    def __init__(self, clock: VirtualClock, **delays: float) -> None:
        self._clock, self._delays = clock, delays

    def start(self, sequence):
        pass

    def step(self, frame):
        with stage("detect"):
            self._spend("detect")
            with stage("embed"):
                self._spend("embed")
        with stage("match"):
            self._spend("match")
        return make_output(1)

    def _spend(self, name: str) -> None:
        self._clock.work(WORK_NS)
        self._clock.sleep(self._delays.get(name, 0))


class Counting:
    """A tracker that reports the index of the frame as track id, with a clock of its own.

    Args:
        first_ns: Duration of the first step by the clock `now`.
        later_ns: Duration of each later step; None for that of the first.
    """

    def __init__(self, first_ns: int, later_ns: int | None = None) -> None:
        self._first_ns, self._later_ns = first_ns, first_ns if later_ns is None else later_ns
        self._clock = VirtualClock()
        self.now = self._clock.perf_counter_ns
        self.frames: list = []

    def start(self, sequence):
        self.frames = []

    def step(self, frame):
        self._clock.work(self._later_ns if self.frames else self._first_ns)
        self.frames.append(frame)
        return TrackerOutput(
            np.array([frame.index]), np.array([[0.0, 0, 1, 1]]), np.ones(1), np.ones(1, int)
        )
