"""What the numbers were measured on: processor, memory, GPU, driver, library versions."""

from __future__ import annotations

import os
import platform
import resource
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "torch", "onnxruntime", "tensorrt")


def describe_machine() -> dict[str, str]:
    """Return one line of text for each fact; a library that is not installed is left out."""
    facts = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return facts | _gpu() | _versions()


def usable_cores() -> int:
    """Return how many cores this process may use, which may be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> int:
    """Return the most memory that was resident for this process so far, in bytes.

    On Linux of this process alone; elsewhere it may be that of the one which started it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak << 10


def resident_memory() -> int:
    """Return the memory that is resident for this process now, in bytes; its peak elsewhere."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return peak_memory()


def identify_gpu() -> dict[str, str]:
    """Return what tells the first NVIDIA GPU from others, as engines are built for it.

    Raises:
        RuntimeError: There is none.
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
    path = Path("/proc/cpuinfo")  # Linux; elsewhere the platform module knows
    if path.is_file():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _gpu() -> dict[str, str]:
    """Return name, memory and driver of the first NVIDIA GPU, nothing where there is none."""
    import pynvml  # here: only the clock pays for loading it

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
