"""A stand-in for `pynvml` with the GPUs of a test, which behaves as documented.

Functions are looked up as in pynvml: a function that the driver lacks raises
`NVMLError_FunctionNotFound`, and one that the GPU lacks `NVMLError_NotSupported`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import pynvml

GIB = 1 << 30
NOT_OF_INSTANCES = (
    "nvmlDeviceGetClockInfo", "nvmlDeviceGetMaxClockInfo", "nvmlDeviceGetTemperature",
    "nvmlDeviceGetPowerUsage", "nvmlDeviceGetEnforcedPowerLimit",
    "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetCurrentClocksEventReasons",
    "nvmlDeviceGetMigMode", "nvmlDeviceGetMigDeviceHandleByIndex",
)  # fmt: skip


@dataclass(frozen=True)
class FakeGpu:
    """A GPU, or an instance of one.

    Args:
        uuid: `GPU-…` or `MIG-…`.
        instances: Instances of a GPU in MIG mode.
        error: NVML error of every access to the GPU, such as that of a container without it.
        pids: Processes on the GPU.
    """

    uuid: str
    name: str = "NVIDIA H200"
    memory: int = 140 * GIB
    capability: tuple[int, int] = (9, 0)
    instances: Sequence[FakeGpu] = ()
    error: int | None = None
    pids: Sequence[int] = ()


def fake_nvml(
    *gpus: FakeGpu,
    driver: str = "580.95.05",
    cuda: int = 13000,
    init_error: int | None = None,
    lacking: Collection[str] = (),
) -> ModuleType:
    """Return a module for `sys.modules["pynvml"]`.

    Args:
        gpus: The GPUs in the order of their PCI bus ids.
        cuda: Latest CUDA version of the driver, 1000 * major + 10 * minor.
        init_error: NVML error of `nvmlInit`.
        lacking: Functions that the driver lacks.
    """
    found = ModuleType("pynvml")
    constants = {key: value for key, value in vars(pynvml).items() if key.startswith("NVML")}
    vars(found).update(constants)
    for name, function in _functions(gpus, driver, cuda, init_error).items():
        assert hasattr(pynvml, name), f"pynvml has no {name}"
        setattr(found, name, _lacking if name in lacking else _guarded(name, function))
    return found


def fail(code: int) -> Any:
    raise pynvml.NVMLError(code)


def _lacking(*_: Any) -> Any:
    return fail(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        gpu = arguments[0] if arguments and isinstance(arguments[0], FakeGpu) else None
        if gpu is not None and gpu.uuid.startswith("MIG-") and name in NOT_OF_INSTANCES:
            return fail(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return function(*arguments)

    return call


def _functions(
    gpus: Sequence[FakeGpu], driver: str, cuda: int, init_error: int | None
) -> dict[str, Callable[..., Any]]:
    def get(index: int) -> FakeGpu:
        gpu = gpus[index]
        return gpu if gpu.error is None else fail(gpu.error)

    def instance(gpu: FakeGpu, index: int) -> FakeGpu:
        if index < len(gpu.instances):
            return gpu.instances[index]
        return fail(pynvml.NVML_ERROR_NOT_FOUND)

    def mig_mode(gpu: FakeGpu) -> list[int]:
        return [1, 1] if gpu.instances else [0, 0]

    def running(gpu: FakeGpu) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=5 << 20) for pid in gpu.pids]

    return {
        "nvmlInit": lambda: init_error and fail(init_error),
        "nvmlSystemGetDriverVersion": lambda: driver,
        "nvmlSystemGetCudaDriverVersion_v2": lambda: cuda,
        "nvmlDeviceGetCount": lambda: len(gpus),
        "nvmlDeviceGetHandleByIndex": get,
        "nvmlDeviceGetUUID": lambda gpu: gpu.uuid,
        "nvmlDeviceGetName": lambda gpu: gpu.name,
        "nvmlDeviceGetMemoryInfo": lambda gpu: SimpleNamespace(total=gpu.memory),
        "nvmlDeviceGetCudaComputeCapability": lambda gpu: gpu.capability,
        "nvmlDeviceGetMigMode": mig_mode,
        "nvmlDeviceGetMaxMigDeviceCount": lambda gpu: 7,
        "nvmlDeviceGetMigDeviceHandleByIndex": instance,
        "nvmlDeviceGetComputeRunningProcesses": running,
        "nvmlDeviceGetTotalEnergyConsumption": lambda gpu: 7,
        "nvmlDeviceGetCurrentClocksEventReasons": lambda gpu: 0x4,
        "nvmlDeviceGetClockInfo": lambda gpu, kind: 1700,
        "nvmlDeviceGetMaxClockInfo": lambda gpu, kind: 1980,
        "nvmlDeviceGetTemperature": lambda gpu, kind: 61,
        "nvmlDeviceGetPowerUsage": lambda gpu: 412_300,
        "nvmlDeviceGetEnforcedPowerLimit": lambda gpu: 700_000,
    }
