"""Description of the machine: processor, memory, GPU, driver, library versions."""

from __future__ import annotations

import os
import platform
import resource
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "torch", "onnxruntime", "tensorrt")


def describe_machine() -> dict[str, str]:
    """Return one line of text per fact; libraries that are not installed are left out."""
    facts = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return facts | _gpu() | _versions()


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
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak << 10


def resident_memory() -> int:
    """Return the current resident memory of this process in bytes; without /proc, the peak."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return peak_memory()


def identify_gpu() -> dict[str, str]:
    """Return the facts of the first NVIDIA GPU that a built engine depends on.

    Raises:
        RuntimeError: There is no NVIDIA GPU.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        capability = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
        return {
            "gpu": pynvml.nvmlDeviceGetName(handle),
            "compute_capability": ".".join(map(str, capability)),
            "driver": pynvml.nvmlSystemGetDriverVersion(),
        }
    except pynvml.NVMLError as error:
        raise RuntimeError(f"no NVIDIA GPU found: {error}") from error


def _processor() -> str:
    path = Path("/proc/cpuinfo")  # Linux only
    if path.is_file():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _gpu() -> dict[str, str]:
    """Return name, memory and driver of the first NVIDIA GPU; nothing if there is none."""
    import pynvml  # loaded only where the machine is described

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30
        name = pynvml.nvmlDeviceGetName(handle)
        return {"gpu": f"{name}, {memory:.0f} GiB", "driver": pynvml.nvmlSystemGetDriverVersion()}
    except pynvml.NVMLError:
        return {}


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
