"""The first NVIDIA GPU while something runs on it: memory, energy, clocks, what slows it down.

All of it is asked of the driver (NVML) between the steps; where there is no GPU there is nothing.
Source: NVML API reference, `nvmlDeviceGetCurrentClocksEventReasons` and the `nvmlClocksEventReason`
constants.
"""

from __future__ import annotations

import os
import sys
from typing import Any

# bits of the reasons for a lower clock that are not the work's own doing; being idle is no reason
SLOWED_BY = {
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x20: "thermal limit (software)",
    0x40: "thermal limit (hardware)",
    0x80: "power brake",
}


class Gpu:
    """A GPU that the driver tells of.

    Args:
        nvml: The module pynvml, initialised.
    """

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(0)

    def memory(self) -> int | None:
        """Return the bytes that this process holds there, None where the driver does not say."""
        running = self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle)
        held = [each.usedGpuMemory for each in running if each.pid == os.getpid()]
        return sum(held) if None not in held else None

    def energy_mj(self) -> int | None:
        """Return the millijoules since the driver was loaded, None before Volta."""
        try:
            found: int = self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)
        except self._nvml.NVMLError:
            return None
        return found

    def state(self) -> dict[str, Any]:
        """Return clocks in MHz, temperature in degrees, power and its limit in watts, and reasons.

        Others on the GPU are the processes beside this one.
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
    """Return the first GPU, None where there is none."""
    import pynvml

    try:
        pynvml.nvmlInit()
        return Gpu(pynvml)
    except pynvml.NVMLError:
        return None


def wait_for_gpu() -> None:
    """Wait until all work that PyTorch gave a GPU is done; at once where it gave none."""
    if (cuda := _cuda()) is not None:
        cuda.synchronize()


class DeviceClock:
    """The GPU's own clock: how long its stream of work took between two events."""

    def __init__(self) -> None:
        self._begin: Any = None

    def start(self) -> None:
        """Put an event before the work that comes."""
        cuda = _cuda()
        self._begin = cuda.Event(enable_timing=True) if cuda else None
        if self._begin:
            self._begin.record()

    def stop(self) -> int | None:
        """Return the nanoseconds since then, when the work is done; None without a GPU."""
        cuda = _cuda()
        if not cuda or not self._begin:
            return None
        end = cuda.Event(enable_timing=True)
        end.record()
        end.synchronize()
        return round(self._begin.elapsed_time(end) * 1e6)


def _cuda() -> Any:
    """Return `torch.cuda` where a GPU is in use, else None; PyTorch is not loaded for it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
