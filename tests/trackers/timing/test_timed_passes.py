from __future__ import annotations

import os
import sys
from itertools import count, islice
from threading import Event
from time import perf_counter_ns
from types import SimpleNamespace

import numpy as np
import pynvml
import pytest
import torch

from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.trackers.slow_trackers import MS, answer, work
from trackers.output_check import OutputCheck
from trackers.prefetch import map_in_background, prefetch
from trackers.profiling import gpu, system_load
from trackers.timing import timed_passes

FRAMES = [Frame(index) for index in range(6)]


def checking(crossing):
    return OutputCheck("Test", read_sequence(crossing))


class Warming:
    """A tracker whose passes take the given ms a step by a clock of its own, the last for ever."""

    def __init__(self, *passes_ms: float) -> None:
        self._left, self._now = list(passes_ms), 0

    def clock(self) -> int:
        return self._now

    def start(self, sequence):
        self._pace = self._left.pop(0) if len(self._left) > 1 else self._left[0]

    def step(self, frame):
        self._now += int(self._pace * MS)
        return answer(0)


def warmed_up(crossing, monkeypatch, *passes_ms):
    tracker = Warming(*passes_ms)
    monkeypatch.setattr(timed_passes, "perf_counter_ns", tracker.clock)
    return timed_passes.warm_up(tracker, read_sequence(crossing), FRAMES, checking(crossing))


def test_the_warm_up_goes_on_until_a_pass_is_no_faster(crossing, monkeypatch):
    warm = warmed_up(crossing, monkeypatch, 8, 4, 2, 1.95)
    assert warm.stable
    assert len(warm.passes) == 4
    assert [len(each) for each in warm.passes] == [6] * 4


def test_a_warm_up_without_end_ends_and_says_so(crossing, monkeypatch):
    warm = warmed_up(crossing, monkeypatch, *(20 * 0.9**n for n in range(12)))
    assert not warm.stable
    assert len(warm.passes) == 10


def test_a_pass_tells_memory_after_each_step(crossing):
    found = timed_passes.time_steps(Warming(0), read_sequence(crossing), FRAMES, checking(crossing))
    assert len(found.memory) == 6
    assert min(found.memory) > 1 << 20
    assert found.gpu_memory == [None] * 6


class Patient:
    """A tracker whose step ends when the next frame is decoded."""

    def __init__(self, decoded: list[Event]) -> None:
        self._decoded = decoded

    def start(self, sequence):
        pass

    def step(self, frame):
        following = self._decoded[frame.index + 1 :][:1]
        assert all(each.wait(timeout=60) for each in following)
        return answer(0)


def test_throughput_decodes_while_a_step_runs(crossing):
    decoded = [Event() for _ in FRAMES]

    def feed():
        for frame in FRAMES:
            decoded[frame.index].set()
            yield frame

    wall, outputs = timed_passes.time_throughput(
        Patient(decoded), read_sequence(crossing), feed(), checking(crossing), 99
    )
    assert len(outputs) == len(FRAMES)
    assert wall > 0


def test_items_made_ahead_come_in_order_and_are_no_more_than_asked():
    made = []

    def source():
        for number in count():
            made.append(number)
            yield number

    assert list(islice(prefetch(source(), 3), 5)) == [0, 1, 2, 3, 4]
    assert len(made) <= 5 + 3


def test_work_behind_keeps_the_order_and_little_waits():
    taken = []

    def source():
        for number in range(9):
            taken.append(number)
            yield number

    found = map_in_background(lambda number: number * number, source(), 3)
    assert next(found) == 0
    assert len(taken) == 4
    assert list(found) == [number * number for number in range(1, 9)]


def test_an_error_behind_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(map_in_background(lambda number: 1 // number, iter([2, 1, 0, 1])))


def test_an_error_in_making_one_comes_after_those_before_it():
    def source():
        yield 1
        yield 2
        raise OSError("the file is cut")

    items = prefetch(source())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="the file is cut"):
        next(items)


def test_the_work_of_others_is_what_is_not_ones_own():
    begin, end = system_load.Moment(0, 10, 1, 5), system_load.Moment(4, 16, 1.5, 8)
    found = system_load.between(begin, end)
    assert (found["wall_s"], found["others_s"], found["stolen_s"]) == (4, 3, 0.5)


def test_where_the_system_tells_nothing_nothing_is_told():
    found = system_load.between(
        system_load.Moment(0, None, None, 5), system_load.Moment(4, None, None, 8)
    )
    assert "others_s" not in found
    assert "stolen_s" not in found


def test_this_machine_tells_its_work():
    begin = system_load.now()
    work(200 * MS)
    found = system_load.between(begin, system_load.now())
    assert found["wall_s"] >= 0.2
    assert found["others_s"] < 2 * found["wall_s"] + 0.1


def driver(reasons=0, energies=(7, 9), pids=()):
    """Return what pynvml answers as far as it is asked; 1 is another's process."""
    energy = iter(energies)
    processes = [SimpleNamespace(pid=pid, usedGpuMemory=5 << 20) for pid in pids]
    outputs = {
        "nvmlDeviceGetHandleByIndex": lambda index: "first",
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: processes,
        "nvmlDeviceGetTotalEnergyConsumption": lambda handle: next(energy),
        "nvmlDeviceGetCurrentClocksEventReasons": lambda handle: reasons,
        "nvmlDeviceGetClockInfo": lambda handle, kind: [1700, 2600][kind == "memory"],
        "nvmlDeviceGetMaxClockInfo": lambda handle, kind: 1980,
        "nvmlDeviceGetTemperature": lambda handle, kind: 61,
        "nvmlDeviceGetPowerUsage": lambda handle: 412_300,
        "nvmlDeviceGetEnforcedPowerLimit": lambda handle: 700_000,
        "NVML_CLOCK_GRAPHICS": "graphics",
        "NVML_CLOCK_MEM": "memory",
        "NVML_TEMPERATURE_GPU": "gpu",
        "NVMLError": pynvml.NVMLError,
    }
    assert outputs.keys() <= vars(pynvml).keys()
    return SimpleNamespace(**outputs)


def test_a_gpu_tells_its_state_and_why_it_is_slow():
    state = gpu.Gpu(driver(reasons=0x1 | 0x4 | 0x40)).state()
    assert state == {
        "graphics_mhz": 1700,
        "graphics_most_mhz": 1980,
        "memory_mhz": 2600,
        "temperature_c": 61,
        "power_w": 412.3,
        "power_limit_w": 700.0,
        "slowed_by": ["power cap", "thermal limit (hardware)"],
        "others": 0,
    }


def test_the_reasons_are_the_drivers_own():
    for bit, name in ((0x4, "SwPowerCap"), (0x8, "HwSlowdown"), (0x20, "SwThermalSlowdown")):
        assert getattr(pynvml, f"nvmlClocksEventReason{name}") == bit
    for bit, name in ((0x40, "HwThermalSlowdown"), (0x80, "HwPowerBrakeSlowdown")):
        assert getattr(pynvml, f"nvmlClocksEventReason{name}") == bit
    assert sorted(gpu.SLOWED_BY) == [0x4, 0x8, 0x20, 0x40, 0x80]


def test_memory_on_a_gpu_is_that_of_this_process():
    found = gpu.Gpu(driver(pids=[1, os.getpid()]))
    assert found.memory() == 5 << 20
    assert found.state()["others"] == 1


def test_a_driver_that_counts_no_energy_is_no_error():
    def refuse(handle):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    old = driver()
    old.nvmlDeviceGetTotalEnergyConsumption = refuse
    assert gpu.Gpu(old).energy_mj() is None


class CudaEvent:
    """A CUDA event on a device whose clock goes on by 2 ms at each record."""

    now = 0.0

    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        CudaEvent.now += 2.0
        self.at = CudaEvent.now

    def synchronize(self):
        pass

    def elapsed_time(self, end):
        return end.at - self.at


def test_a_step_on_a_gpu_is_timed_by_its_own_clock_too(crossing, monkeypatch):
    waits = []
    cuda = SimpleNamespace(
        is_initialized=lambda: True, synchronize=lambda: waits.append(1), Event=CudaEvent
    )
    assert all(hasattr(torch.cuda.Event, name) for name in ("record", "elapsed_time"))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    found = timed_passes.time_steps(Warming(0), read_sequence(crossing), FRAMES, checking(crossing))
    assert found.device_ns == [2_000_000] * 6
    assert len(waits) == 2 * 6  # before the clock and after


def test_without_a_gpu_there_is_no_clock_of_one(crossing):
    found = timed_passes.time_steps(Warming(0), read_sequence(crossing), FRAMES, checking(crossing))
    assert found.device_ns == [None] * 6


class Worker:
    """A tracker whose step works for three milliseconds, longer where others want the machine."""

    def __init__(self):
        self.worked_ns = []

    def start(self, sequence):
        pass

    def step(self, frame):
        begin = perf_counter_ns()
        while perf_counter_ns() - begin < 3_000_000:
            pass
        self.worked_ns.append(perf_counter_ns() - begin)
        return answer(0)


def test_a_step_is_timed_as_long_as_it_takes(crossing):
    worker, frames = Worker(), [Frame(i) for i in range(20)]
    steps = timed_passes.time_steps(
        worker, read_sequence(crossing), frames, checking(crossing)
    ).step_ns
    beyond = np.subtract(steps, worker.worked_ns)
    assert (beyond >= 0).all()
    assert np.median(beyond) < 500_000  # what the clock itself takes, with another job beside it
    assert min(steps) >= 3_000_000
