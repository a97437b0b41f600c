"""Description of the machine: processor, memory, GPU, driver, library versions."""

from __future__ import annotations

import os
import platform
import re
import resource
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from trackers.profiling.gpu_devices import GpuDevice, ask, current_device

# libraries, and the packages that may hold each
_LIBRARIES = {
    **{name: (name,) for name in ("numpy", "scipy", "opencv-python-headless", "torch")},
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "tensorrt": ("tensorrt", "tensorrt-cu13", "tensorrt-cu12"),
}


def describe_machine(ordinal: int = 0) -> dict[str, str]:
    """Return one line of text per fact; libraries that are not installed are left out.

    Args:
        ordinal: Number of the CUDA device that is described, if there is one.
    """
    facts = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return facts | _gpu(ordinal) | _versions()


def usable_cores() -> int:
    """Return the number of cores that this process may use, which may be fewer than exist."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> int:
    """Return the peak resident memory of this process so far, in bytes.

    On Linux it is that of this process alone; elsewhere it may include that of the parent process.
    """
    status = Path("/proc/self/status")
    if status.is_file() and (found := re.search(r"VmHWM:\s+(\d+)", status.read_text())):
        return int(found[1]) << 10  # absent in some containers
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak << 10


def resident_memory() -> int:
    """Return the current resident memory of this process in bytes; without /proc, the peak."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return peak_memory()


def identify_gpu(ordinal: int = 0) -> dict[str, str]:
    """Return the facts of a CUDA device that a built engine depends on.

    Args:
        ordinal: Number of the CUDA device.

    Raises:
        RuntimeError: There is no such device, or the driver does not report its facts.
    """
    device = current_device(ordinal)
    if device is None:
        raise RuntimeError(f"cuda:{ordinal}: no NVIDIA GPU found: `make check-gpu` says why")
    capability = device.ask("nvmlDeviceGetCudaComputeCapability")
    if capability is None:
        raise RuntimeError(f"cuda:{ordinal}: the driver does not report its compute capability")
    return {
        "gpu": device.name,
        "compute_capability": ".".join(map(str, capability)),
        "driver": _driver(device),
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")  # Linux only
    if path.is_file():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _gpu(ordinal: int) -> dict[str, str]:
    """Return name, memory and driver of a CUDA device; nothing if there is none."""
    device = current_device(ordinal)
    if device is None:
        return {}
    memory = device.ask("nvmlDeviceGetMemoryInfo")
    size = f", {memory.total / 2**30:.0f} GiB" if memory else ""
    return {"gpu": device.name + size, "driver": _driver(device)}


def _driver(device: GpuDevice) -> str:
    return ask(device.nvml, "nvmlSystemGetDriverVersion") or "unknown"


def _versions() -> dict[str, str]:
    found = {library: _version(packages) for library, packages in _LIBRARIES.items()}
    return {library: number for library, number in found.items() if number}


def _version(packages: Iterable[str]) -> str | None:
    """Return the version of the first installed package; None if none is installed."""
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return None
