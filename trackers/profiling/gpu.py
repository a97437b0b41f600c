"""State of an NVIDIA GPU: memory, energy, clocks, reasons for a lower clock.

The driver (NVML) is queried between the steps. Without a GPU all measurements are absent.
Source: NVML API reference, `nvmlDeviceGetCurrentClocksEventReasons` and the `nvmlClocksEventReason`
constants.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from trackers.profiling.gpu_devices import GpuDevice, current_device

# bits of the reasons for a lower clock that come from outside the process; idling is not included
SLOWED_BY = {
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x20: "thermal limit (software)",
    0x40: "thermal limit (hardware)",
    0x80: "power brake",
}


class Gpu:
    """A GPU, or an instance of one, that is queried through the driver.

    Args:
        device: The device, see `current_device`.
    """

    def __init__(self, device: GpuDevice) -> None:
        self._device = device

    def memory(self) -> int | None:
        """Return the GPU memory of this process in bytes; None if the driver does not report it.

        It does not where a container hides the ids of processes.
        """
        used = [each.usedGpuMemory for each in self._running() if each.pid == os.getpid()]
        return sum(used) if used and None not in used else None

    def energy_mj(self) -> int | None:
        """Return the millijoules since the driver was loaded; None if they are not measured.

        GPUs before Volta and instances of divided GPUs do not measure them.
        """
        found: int | None = self._device.ask("nvmlDeviceGetTotalEnergyConsumption")
        return found

    def state(self) -> dict[str, Any]:
        """Return clocks, temperature, power, and the reasons for a lower clock.

        Clocks are in MHz, the temperature in degrees Celsius, power and its limit in watts; None if
        the driver does not report them. `others` counts the other processes on the GPU; None where
        a container hides the ids of processes.
        """
        ask, nvml = self._device.ask, self._device.nvml
        bits = ask("nvmlDeviceGetCurrentClocksEventReasons") or 0
        pids = [each.pid for each in self._running()]
        return {
            "graphics_mhz": ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_GRAPHICS),
            "graphics_most_mhz": ask("nvmlDeviceGetMaxClockInfo", nvml.NVML_CLOCK_GRAPHICS),
            "memory_mhz": ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
            "temperature_c": ask("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
            "power_w": _watts(ask("nvmlDeviceGetPowerUsage")),
            "power_limit_w": _watts(ask("nvmlDeviceGetEnforcedPowerLimit")),
            "slowed_by": [name for bit, name in SLOWED_BY.items() if bits & bit],
            "others": len(pids) - 1 if os.getpid() in pids else None if pids else 0,
        }

    def _running(self) -> list[Any]:
        return self._device.ask("nvmlDeviceGetComputeRunningProcesses") or []


def find_gpu(ordinal: int = 0) -> Gpu | None:
    """Return the GPU that CUDA calls `cuda:<ordinal>` in this process; None if there is none."""
    device = current_device(ordinal)
    return None if device is None else Gpu(device)


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1e3


def wait_for_gpu() -> None:
    """Wait until all work that PyTorch queued on a GPU is done; return at once without a GPU."""
    if (cuda := _cuda()) is not None:
        cuda.synchronize()


class DeviceClock:
    """The GPU's own clock, which measures the time between two events on its stream."""

    def __init__(self) -> None:
        self._events: list[Any] = []

    def start(self) -> None:
        """Record an event before the work to be timed."""
        self._events = []
        self._record()

    def stop(self) -> None:
        """Record an event after the work, without waiting for it."""
        self._record()

    def elapsed(self) -> int | None:
        """Wait for the work and return its nanoseconds; None without a GPU."""
        match self._events:
            case [begin, end]:
                end.synchronize()
                return round(begin.elapsed_time(end) * 1e6)
        return None  # PyTorch used no GPU yet when the work began

    def _record(self) -> None:
        if (cuda := _cuda()) is not None:
            self._events.append(cuda.Event(enable_timing=True))
            self._events[-1].record()


def _cuda() -> Any:
    """Return `torch.cuda` if PyTorch is loaded and uses a GPU, else None."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
