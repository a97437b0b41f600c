"""Trackers that take as long as they are told, by a clock of their own or of the wall."""

from __future__ import annotations

from time import perf_counter_ns, sleep

import numpy as np

from trackers.contract import TrackerOutput
from trackers.profiling.stages import stage

MS = 1_000_000


def answer(count: int) -> TrackerOutput:
    box = np.tile([0.0, 0, 1, 1], (count, 1))
    return TrackerOutput(np.arange(count), box, np.ones(count), np.ones(count, int))


def work(ns: int) -> None:
    """Keep the processor busy, whatever else runs."""
    begin = perf_counter_ns()
    while perf_counter_ns() - begin < ns:
        pass


class Staged:
    """A tracker of three stages, one within another.

    Args:
        late: Seconds to sleep by the name of a stage.
    """

    def __init__(self, **late: float) -> None:
        self._late = late

    def start(self, sequence):
        pass

    def step(self, frame):
        with stage("detect"):
            self._pass("detect")
            with stage("embed"):
                self._pass("embed")
        with stage("match"):
            self._pass("match")
        return answer(1)

    def _pass(self, name):
        work(MS // 2)
        sleep(self._late.get(name, 0))


class Counting:
    """A tracker that answers with the number of the frame, and whose steps a clock tells.

    Args:
        step_ns: What each step takes by `now`.
    """

    def __init__(self, step_ns: int) -> None:
        self._step_ns, self._now = step_ns, 0
        self.shown: list = []

    def now(self) -> int:
        return self._now

    def start(self, sequence):
        self.shown = []

    def step(self, frame):
        self._now += self._step_ns
        self.shown.append(frame)
        return TrackerOutput(
            np.array([frame.index]), np.array([[0.0, 0, 1, 1]]), np.ones(1), np.ones(1, int)
        )
