"""What the GPU's own clock counts; CUDA is a stand-in with a simulated clock."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from datasets.types import Extent, Frame, Sequence
from tests.support.trackers.slow_trackers import make_output
from trackers.output_check import OutputCheck
from trackers.timing import timed_passes

STEP_MS, PACK_MS = 2, 50
SEQUENCE = Sequence("stage", "one", Extent(48, 64, 3, {1: "person"}), 25.0)


class SimulatedGpu:
    """CUDA on a GPU whose clock only advances by the work of the test."""

    now_ms = 0.0

    def __init__(self):
        gpu = self

        class Event:
            def __init__(self, enable_timing):
                assert enable_timing

            def record(self):
                self.at = gpu.now_ms

            def synchronize(self):
                pass

            def elapsed_time(self, end):
                return end.at - self.at

        self.Event = Event

    def is_initialized(self):
        return True

    def synchronize(self):
        pass


def test_the_device_time_of_a_step_excludes_the_encoding_of_masks(monkeypatch):
    gpu = SimulatedGpu()

    def spend(milliseconds):
        gpu.now_ms += milliseconds

    class OnGpu:
        def start(self, sequence):
            pass

        def step(self, frame):
            spend(STEP_MS)
            return make_output(0)

    pack = timed_passes.pack
    monkeypatch.setattr(timed_passes, "pack", lambda output: (spend(PACK_MS), pack(output))[1])
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=gpu))
    found = timed_passes.time_steps(
        OnGpu(), SEQUENCE, [Frame(index) for index in range(3)], OutputCheck("Test", SEQUENCE)
    )
    assert found.device_ns == pytest.approx([STEP_MS * 1e6] * 3)
