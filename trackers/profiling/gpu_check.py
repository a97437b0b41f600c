"""Check that this machine can run networks on a GPU, and say what to do about what is missing.

    python -m trackers.profiling.gpu_check

Exit code: 0 if all is there, 3 if there is a GPU but something is missing, 4 if there is no GPU.
Source of the versions: CUDA Compatibility, "Minor Version Compatibility", table of minimum drivers.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from datasets.io.program import run_main
from trackers.profiling.gpu_devices import GpuDevice, ask, visible_devices

COMPLETE, INCOMPLETE, NO_GPU = 0, 3, 4  # exit codes; 1 and 2 are those of every program
MIN_DRIVER = {11: 450, 12: 525, 13: 580}  # by major version of CUDA
_CUDA = max(MIN_DRIVER)  # of the libraries that requirements-gpu.lock names
_INSTALL = "install the packages for GPUs: make setup WITH=gpu"
_DECODER = "libnvcuvid.so.1"  # part of the driver
_CONTAINER = "start a container with --gpus all"
_VIDEO = "install the whole driver; in a container add `video` to NVIDIA_DRIVER_CAPABILITIES"


@dataclass(frozen=True)
class Finding:
    """What was found of one part.

    Args:
        part: Name of the part, such as `driver`.
        found: Description of what was found.
        advice: What to do if something is missing; None if nothing is.
    """

    part: str
    found: str
    advice: str | None = None


def require_gpu(ordinal: int = 0) -> None:
    """Raise RuntimeError if there is no CUDA device of this number, or its driver is too old.

    Only the driver is asked, so that it takes little time; says what was found and what to do.
    """
    finding = check_driver()
    if not finding.advice:
        finding = check_devices(ordinal)
    if finding.advice:
        raise RuntimeError(
            f"cuda:{ordinal}: expected an NVIDIA GPU, found {finding.found}; {finding.advice} "
            "(`make check-gpu` checks the whole installation)"
        )


def check_all() -> list[Finding]:
    """Return what was found of each part that networks on a GPU need, in order of dependence."""
    return [
        check_driver(),
        check_devices(),
        *(_check_library(name, _PARTS[name]) for name in _PARTS),
    ]


def check_driver() -> Finding:
    """Return the version of the driver, which must suffice for the CUDA of the libraries."""
    nvml, error = _load_nvml()
    if nvml is None:
        advice = f"install NVIDIA's driver {MIN_DRIVER[_CUDA]} or newer, or {_CONTAINER}"
        return Finding("driver", f"none ({error})", advice)
    version = str(ask(nvml, "nvmlSystemGetDriverVersion") or "unknown")
    cuda = ask(nvml, "nvmlSystemGetCudaDriverVersion_v2") or 0
    found = f"driver {version}, for CUDA up to {cuda // 1000}.{cuda % 1000 // 10}"
    if cuda // 1000 < _CUDA:
        needed = f"CUDA {_CUDA} needs driver {MIN_DRIVER[_CUDA]} or newer: update the driver"
        return Finding("driver", found, needed)
    return Finding("driver", found)


def check_devices(ordinal: int = 0) -> Finding:
    """Return the devices that CUDA programs may use, at least one more than `ordinal`."""
    devices = visible_devices()
    found = ", ".join(f"{each.name} ({_size(each)}{each.uuid})" for each in devices)
    if len(devices) > ordinal:
        return Finding("devices", found)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        every = [each.uuid for each in visible_devices({})]
        place = f"CUDA_VISIBLE_DEVICES={visible!r}, with the devices {every}"
        return Finding("devices", place, "set CUDA_VISIBLE_DEVICES to one of them, or unset it")
    if devices:
        return Finding("devices", f"{len(devices)}: {found}", "name a device with a lower number")
    return Finding("devices", "none that may be used", _CONTAINER)


def _load_nvml() -> tuple[Any, str]:
    """Return the module pynvml, initialised, or None and the error."""
    import pynvml  # loaded only where GPUs are asked for

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return None, str(error)
    return pynvml, ""


def _size(device: GpuDevice) -> str:
    memory = device.ask("nvmlDeviceGetMemoryInfo")
    return f"{memory.total / 2**30:.0f} GiB, " if memory else ""


def _check_library(name: str, check: Callable[[Any], Finding]) -> Finding:
    """Return what a check finds of a library, or why the library cannot be loaded."""
    try:
        return check(importlib.import_module(name))
    except (ImportError, OSError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        advice = _INSTALL if isinstance(error, ImportError) else _VIDEO
        return Finding(name, f"cannot be loaded ({reason})", advice)


def _check_torch(torch: Any) -> Finding:
    found = f"{torch.__version__}, for CUDA {torch.version.cuda}"
    if torch.version.cuda is None:
        return Finding("torch", f"{torch.__version__}, for the CPU only", _INSTALL)
    if not torch.cuda.is_available():
        needed = MIN_DRIVER.get(int(torch.version.cuda.split(".")[0]), MIN_DRIVER[_CUDA])
        return Finding("torch", f"{found}, which does not start", f"it needs driver {needed}")
    return Finding("torch", f"{found}, {torch.cuda.device_count()} device(s)")


def _check_onnxruntime(onnxruntime: Any) -> Finding:
    providers = onnxruntime.get_available_providers()
    found = f"{onnxruntime.__version__}, with {', '.join(providers)}"
    return Finding("onnxruntime", found, None if "CUDAExecutionProvider" in providers else _INSTALL)


def _check_tensorrt(tensorrt: Any) -> Finding:
    return Finding("tensorrt", str(tensorrt.__version__))


def _check_decoder(module: Any) -> Finding:
    version = getattr(module, "__version__", "of unknown version")
    try:
        ctypes.CDLL(_DECODER)
    except OSError as error:
        return Finding("PyNvVideoCodec", f"{version}, without {_DECODER} ({error})", _VIDEO)
    return Finding("PyNvVideoCodec", str(version))


_PARTS: dict[str, Callable[[Any], Finding]] = {
    "torch": _check_torch,
    "onnxruntime": _check_onnxruntime,
    "tensorrt": _check_tensorrt,
    "PyNvVideoCodec": _check_decoder,
}


def describe(findings: list[Finding]) -> Iterator[str]:
    """Yield a line for each part, and one for what to do about it."""
    for each in findings:
        yield f"{'missing' if each.advice else 'ok':8} {each.part}: {each.found}"
        if each.advice:
            yield f"{'':8} {each.advice}"


def main() -> int:
    """Run the command line program."""
    findings = check_all()
    print("\n".join(describe(findings)))
    if not visible_devices():
        print("no GPU can be used here: everything runs on the CPU")
        return NO_GPU
    return INCOMPLETE if any(each.advice for each in findings) else COMPLETE


if __name__ == "__main__":
    sys.exit(run_main(main))
