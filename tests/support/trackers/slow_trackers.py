"""Trackers whose steps take a given time, on the wall clock or on a simulated clock."""

from __future__ import annotations

from time import perf_counter_ns, sleep

import numpy as np

from trackers.contract import TrackerOutput
from trackers.profiling.stages import stage

MS = 1_000_000


def make_output(count: int) -> TrackerOutput:
    box = np.tile([0.0, 0, 1, 1], (count, 1))
    return TrackerOutput(np.arange(count), box, np.ones(count), np.ones(count, int))


def work(ns: int) -> None:
    """Keep the processor busy for so many nanoseconds of wall-clock time."""
    begin = perf_counter_ns()
    while perf_counter_ns() - begin < ns:
        pass


class Staged:
    """A tracker with three stages, one of them nested.

    Args:
        delays: Seconds to sleep, by the name of the stage.
    """

    def __init__(self, **delays: float) -> None:
        self._delays = delays

    def start(self, sequence):
        pass

    def step(self, frame):
        with stage("detect"):
            work_and_sleep(self._delays.get("detect", 0))
            with stage("embed"):
                work_and_sleep(self._delays.get("embed", 0))
        with stage("match"):
            work_and_sleep(self._delays.get("match", 0))
        return make_output(1)


def work_and_sleep(seconds: float) -> None:
    """Work for half a millisecond, then sleep."""
    work(MS // 2)
    sleep(seconds)


class Counting:
    """A tracker that reports the index of the frame as track id, with a simulated clock.

    Args:
        first_ns: Duration of the first step by the clock `now`.
        later_ns: Duration of each later step; None for that of the first.
    """

    def __init__(self, first_ns: int, later_ns: int | None = None) -> None:
        self._first_ns, self._later_ns = first_ns, first_ns if later_ns is None else later_ns
        self._now = 0
        self.frames: list = []

    def now(self) -> int:
        return self._now

    def start(self, sequence):
        self.frames = []

    def step(self, frame):
        self._now += self._later_ns if self.frames else self._first_ns
        self.frames.append(frame)
        return TrackerOutput(
            np.array([frame.index]), np.array([[0.0, 0, 1, 1]]), np.ones(1), np.ones(1, int)
        )
