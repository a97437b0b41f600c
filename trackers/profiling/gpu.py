"""State of the first NVIDIA GPU: memory, energy, clocks, reasons for a lower clock.

The driver (NVML) is queried between the steps. Without a GPU all measurements are absent.
Source: NVML API reference, `nvmlDeviceGetCurrentClocksEventReasons` and the `nvmlClocksEventReason`
constants.
"""

from __future__ import annotations

import os
import sys
from typing import Any

# bits of the reasons for a lower clock that come from outside the process; idling is not included
SLOWED_BY = {
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x20: "thermal limit (software)",
    0x40: "thermal limit (hardware)",
    0x80: "power brake",
}


class Gpu:
    """A GPU that is queried through the driver.

    Args:
        nvml: The initialised module pynvml.
    """

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(0)

    def memory(self) -> int | None:
        """Return the GPU memory of this process in bytes; None if the driver does not report it."""
        running = self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle)
        used = [each.usedGpuMemory for each in running if each.pid == os.getpid()]
        return sum(used) if None not in used else None

    def energy_mj(self) -> int | None:
        """Return the millijoules since the driver was loaded; None on GPUs before Volta."""
        try:
            found: int = self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)
        except self._nvml.NVMLError:
            return None
        return found

    def state(self) -> dict[str, Any]:
        """Return clocks, temperature, power, and the reasons for a lower clock.

        Clocks are in MHz, the temperature in degrees Celsius, power and its limit in watts.
        `others` counts the other processes on the GPU.
        """
        nvml, handle = self._nvml, self._handle
        bits = nvml.nvmlDeviceGetCurrentClocksEventReasons(handle)
        running = nvml.nvmlDeviceGetComputeRunningProcesses(handle)
        return {
            "graphics_mhz": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_GRAPHICS),
            "graphics_most_mhz": nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_GRAPHICS),
            "memory_mhz": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
            "temperature_c": nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
            "power_w": nvml.nvmlDeviceGetPowerUsage(handle) / 1e3,
            "power_limit_w": nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3,
            "slowed_by": [name for bit, name in SLOWED_BY.items() if bits & bit],
            "others": sum(each.pid != os.getpid() for each in running),
        }


def find_gpu() -> Gpu | None:
    """Return the first GPU; None if there is none."""
    import pynvml

    try:
        pynvml.nvmlInit()
        return Gpu(pynvml)
    except pynvml.NVMLError:
        return None


def wait_for_gpu() -> None:
    """Wait until all work that PyTorch queued on a GPU is done; return at once without a GPU."""
    if (cuda := _cuda()) is not None:
        cuda.synchronize()


class DeviceClock:
    """The GPU's own clock, which measures the time between two events on its stream."""

    def __init__(self) -> None:
        self._start_event: Any = None

    def start(self) -> None:
        """Record an event before the work to be timed."""
        cuda = _cuda()
        self._start_event = cuda.Event(enable_timing=True) if cuda else None
        if self._start_event:
            self._start_event.record()

    def stop(self) -> int | None:
        """Wait for the work and return its nanoseconds; None without a GPU."""
        cuda = _cuda()
        if not cuda or not self._start_event:
            return None
        end = cuda.Event(enable_timing=True)
        end.record()
        end.synchronize()
        return round(self._start_event.elapsed_time(end) * 1e6)


def _cuda() -> Any:
    """Return `torch.cuda` if PyTorch is loaded and uses a GPU, else None."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
