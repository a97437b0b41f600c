from __future__ import annotations

import os
import sys
from itertools import count, islice
from threading import Event
from time import process_time
from types import SimpleNamespace

import pynvml
import pytest
import torch

from datasets.sequences.sequence_json import read_sequence
from datasets.types import Frame
from tests.support.trackers.slow_trackers import Working, make_output
from tests.support.virtual_clock import MS
from trackers.output_check import OutputCheck
from trackers.prefetch import map_in_background, prefetch
from trackers.profiling import gpu, system_load
from trackers.profiling.gpu_devices import GpuDevice
from trackers.timing import timed_passes

FRAMES = [Frame(index) for index in range(6)]


def make_check(crossing):
    return OutputCheck("Test", read_sequence(crossing))


class Warming:
    """A tracker whose step time changes with each pass.

    Args:
        passes_ms: Milliseconds of a step in each pass; the last also holds for later passes.
    """

    def __init__(self, clock, *passes_ms: float) -> None:
        self._clock, self._remaining = clock, list(passes_ms)

    def start(self, sequence):
        several = len(self._remaining) > 1
        self._step_ms = self._remaining.pop(0) if several else self._remaining[0]

    def step(self, frame):
        self._clock.work(int(self._step_ms * MS))
        return make_output(0)


@pytest.fixture
def clock(virtual_clock):
    """The clock of the timed passes."""
    return virtual_clock(timed_passes)


def warm_up(crossing, clock, *passes_ms):
    tracker = Warming(clock, *passes_ms)
    return timed_passes.warm_up(tracker, read_sequence(crossing), FRAMES, make_check(crossing))


def test_the_warm_up_continues_until_a_pass_is_no_faster(crossing, clock):
    warm = warm_up(crossing, clock, 8, 4, 2, 1.95)
    assert warm.stable
    assert len(warm.passes) == 4
    assert [len(each) for each in warm.passes] == [6] * 4


def test_an_endless_warm_up_is_stopped_and_reported_as_unstable(crossing, clock):
    warm = warm_up(crossing, clock, *(20 * 0.9**n for n in range(12)))
    assert not warm.stable
    assert len(warm.passes) == 10


def time_steps(crossing, tracker, frames=FRAMES):
    return timed_passes.time_steps(tracker, read_sequence(crossing), frames, make_check(crossing))


def test_a_pass_measures_memory_after_each_step(crossing, clock):
    found = time_steps(crossing, Working(clock, MS))
    assert len(found.memory) == 6
    assert min(found.memory) > 1 << 20
    assert found.gpu_memory == [None] * 6


class Patient:
    """A tracker whose step ends once the next frame is decoded."""

    def __init__(self, decoded: list[Event]) -> None:
        self._decoded = decoded

    def start(self, sequence):
        pass

    def step(self, frame):
        following = self._decoded[frame.index + 1 :][:1]
        assert all(each.wait(timeout=600) for each in following)
        return make_output(0)


def test_frames_are_decoded_while_a_step_runs_in_the_throughput_pass(crossing):
    decoded = [Event() for _ in FRAMES]

    def feed():
        for frame in FRAMES:
            decoded[frame.index].set()
            yield frame

    wall, outputs = timed_passes.time_throughput(
        Patient(decoded), read_sequence(crossing), feed(), make_check(crossing), 99
    )
    assert len(outputs) == len(FRAMES)
    assert wall > 0


def test_prefetched_items_are_in_order_and_limited_in_number():
    produced = []

    def source():
        for number in count():
            produced.append(number)
            yield number

    assert list(islice(prefetch(source(), 3), 5)) == [0, 1, 2, 3, 4]
    assert len(produced) <= 5 + 3


def test_background_results_are_in_order_and_few_items_are_pending():
    consumed = []

    def source():
        for number in range(9):
            consumed.append(number)
            yield number

    found = map_in_background(lambda number: number * number, source(), 3)
    assert next(found) == 0
    assert len(consumed) == 4
    assert list(found) == [number * number for number in range(1, 9)]


def test_an_error_in_the_background_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(map_in_background(lambda number: 1 // number, iter([2, 1, 0, 1])))


def test_an_error_in_producing_an_item_is_raised_after_the_items_before_it():
    def source():
        yield 1
        yield 2
        raise OSError("the file is truncated")

    items = prefetch(source())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="the file is truncated"):
        next(items)


def test_the_processor_time_of_other_processes_excludes_that_of_this_process():
    begin, end = system_load.Moment(0, 10, 1, 5), system_load.Moment(4, 16, 1.5, 8)
    found = system_load.between(begin, end)
    assert (found["wall_s"], found["others_s"], found["stolen_s"]) == (4, 3, 0.5)


def test_unknown_counters_are_left_out_of_the_load():
    found = system_load.between(
        system_load.Moment(0, None, None, 5), system_load.Moment(4, None, None, 8)
    )
    assert "others_s" not in found
    assert "stolen_s" not in found


def test_the_counters_are_those_of_proc_stat(tmp_path, monkeypatch):
    second = os.sysconf("SC_CLK_TCK")
    columns = [100, 20, 30, 4000, 500, 6, 7, 8, 9, 10]  # user, nice, system, idle, iowait, irq, ...
    (tmp_path / "stat").write_text(f"cpu  {' '.join(map(str, columns))}\ncpu0 1 1 1 1\n")
    monkeypatch.setattr(system_load, "_STAT", tmp_path / "stat")
    found = system_load.now()
    assert found.worked == (100 + 20 + 30 + 6 + 7) / second
    assert found.stolen == 8 / second


def test_the_load_of_this_machine_is_measured():
    begin, worked = system_load.now(), process_time()
    while process_time() < worked + 0.05:
        pass
    end = system_load.now()
    found = system_load.between(begin, end)
    assert end.own - begin.own > 0.02  # counted in ticks of 0.01 s
    assert found["wall_s"] > 0
    assert found["others_s"] >= 0


def driver(reasons=0, energies=(7, 9), pids=()):
    """Return a GPU with a fake of pynvml; the process id 1 is that of another process."""
    energy = iter(energies)
    processes = [SimpleNamespace(pid=pid, usedGpuMemory=5 << 20) for pid in pids]
    functions = {
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
    assert functions.keys() <= vars(pynvml).keys()
    return GpuDevice(SimpleNamespace(**functions), "first", "GPU-1")


def test_the_state_of_a_gpu_has_the_reasons_for_a_lower_clock():
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


def test_the_bits_of_the_reasons_are_those_of_the_driver():
    for bit, name in ((0x4, "SwPowerCap"), (0x8, "HwSlowdown"), (0x20, "SwThermalSlowdown")):
        assert getattr(pynvml, f"nvmlClocksEventReason{name}") == bit
    for bit, name in ((0x40, "HwThermalSlowdown"), (0x80, "HwPowerBrakeSlowdown")):
        assert getattr(pynvml, f"nvmlClocksEventReason{name}") == bit
    assert sorted(gpu.SLOWED_BY) == [0x4, 0x8, 0x20, 0x40, 0x80]


def test_gpu_memory_is_that_of_this_process():
    found = gpu.Gpu(driver(pids=[1, os.getpid()]))
    assert found.memory() == 5 << 20
    assert found.state()["others"] == 1


def test_energy_is_none_if_the_driver_does_not_measure_it():
    def not_supported(handle):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    old = driver()
    old.nvml.nvmlDeviceGetTotalEnergyConsumption = not_supported
    assert gpu.Gpu(old).energy_mj() is None


class CudaEvent:
    """A CUDA event on a device whose clock advances by 2 ms at each record."""

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


def test_a_step_on_a_gpu_is_also_timed_by_the_clock_of_the_gpu(crossing, clock, monkeypatch):
    waits = []
    cuda = SimpleNamespace(
        is_initialized=lambda: True, synchronize=lambda: waits.append(1), Event=CudaEvent
    )
    assert all(hasattr(torch.cuda.Event, name) for name in ("record", "elapsed_time"))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    found = time_steps(crossing, Working(clock, MS))
    assert found.device_ns == [2_000_000] * 6
    assert len(waits) == 2 * 6  # before and after each step


def test_without_a_gpu_there_are_no_device_times(crossing, clock):
    assert time_steps(crossing, Working(clock, MS)).device_ns == [None] * 6


def test_the_time_of_a_step_is_its_duration(crossing, clock):
    found = time_steps(crossing, Working(clock, 2 * MS, sleep_s=0.001))
    assert found.step_ns == [3 * MS] * len(FRAMES)
    assert found.encode_ns == [0] * len(FRAMES)


def test_what_runs_between_two_steps_is_not_timed(crossing, clock):
    found = timed_passes.time_steps(
        Working(clock, MS),
        read_sequence(crossing),
        FRAMES,
        SimpleNamespace(check=lambda *_: clock.sleep(0.5)),
        between=lambda: clock.work(7 * MS),
    )
    assert found.step_ns == [MS] * len(FRAMES)


def test_the_throughput_is_timed_from_the_first_frame_to_the_last_output(crossing, clock):
    wall, _ = timed_passes.time_throughput(
        Working(clock, 2 * MS), read_sequence(crossing), iter(FRAMES), make_check(crossing), 99
    )
    assert wall == 2 * MS * len(FRAMES)
