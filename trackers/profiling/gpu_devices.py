"""The NVIDIA GPUs, and instances of divided ones (MIG), that CUDA programs may use here.

NVML, the library of the driver, lists all GPUs of the machine in the order of their PCI bus ids;
CUDA sees those that CUDA_VISIBLE_DEVICES names, in the order that it names them or that
CUDA_DEVICE_ORDER says. Source: CUDA C++ Programming Guide, "CUDA Environment Variables"; MIG User
Guide, "CUDA Visible Devices"; NVML API Reference.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_VISIBLE, _ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"


@dataclass(frozen=True)
class GpuDevice:
    """A GPU, or an instance of a divided GPU.

    Args:
        nvml: The initialised module pynvml.
        handle: Handle of the device in NVML.
        uuid: `GPU-…` or `MIG-…`; a value of CUDA_VISIBLE_DEVICES.
        instances: Instances of a divided GPU; programs run on these and not on the GPU.
    """

    nvml: Any
    handle: Any
    uuid: str
    instances: tuple[GpuDevice, ...] = ()

    def ask(self, function: str, *arguments: Any) -> Any:
        """Return what a function of NVML says of this device; None if it cannot say.

        Drivers lack functions that are newer, instances of a GPU lack clocks and power, and
        containers may lack permissions.
        """
        return ask(self.nvml, function, self.handle, *arguments)

    @property
    def name(self) -> str:
        """Name of the device, such as `NVIDIA H200` or `NVIDIA H200 MIG 1g.18gb`."""
        return self.ask("nvmlDeviceGetName") or "NVIDIA GPU"


def open_nvml() -> Any | None:
    """Return the initialised module pynvml; None without a driver that can be queried."""
    import pynvml  # loaded only where GPUs are asked for

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def ask(nvml: Any, function: str, *arguments: Any) -> Any:
    """Return the value of a function of NVML; None if it raises NVMLError."""
    try:
        return getattr(nvml, function)(*arguments)
    except nvml.NVMLError:
        return None


def visible_devices(environment: Mapping[str, str] = os.environ) -> list[GpuDevice]:
    """Return the devices that CUDA programs started with this environment may use.

    Of a divided GPU all visible instances are listed, although one process can use only one. The
    order is that of CUDA, except among different GPUs where CUDA_VISIBLE_DEVICES has no UUIDs and
    CUDA_DEVICE_ORDER is not PCI_BUS_ID: CUDA then puts first what it takes for the fastest.
    """
    nvml = open_nvml()
    gpus = list(_gpus(nvml)) if nvml else []
    named = environment.get(_VISIBLE)
    if named is None:
        return [device for gpu in gpus for device in gpu.instances or [gpu]]
    return _named_devices(named.split(","), gpus)


def current_device(ordinal: int = 0) -> GpuDevice | None:
    """Return the device that CUDA calls `cuda:<ordinal>` in this process; None if unknown.

    PyTorch is asked if it already uses a GPU; otherwise the environment decides, which says nothing
    of the order of different GPUs without CUDA_DEVICE_ORDER=PCI_BUS_ID, see `visible_devices`.
    """
    devices = visible_devices()
    if (uuid := _uuid_in_torch(ordinal)) is not None:
        same = [each for each in devices if each.uuid.partition("-")[2] == uuid]
        return same[0] if same else (devices[0] if len(devices) == 1 else None)
    if ordinal >= len(devices) or not _is_order_known(devices):
        return None
    return devices[ordinal]


def _gpus(nvml: Any) -> Iterator[GpuDevice]:
    """Yield the GPUs of this machine or container that may be used, in the order of NVML."""
    for index in range(ask(nvml, "nvmlDeviceGetCount") or 0):
        handle = ask(nvml, "nvmlDeviceGetHandleByIndex", index)
        uuid = handle is not None and ask(nvml, "nvmlDeviceGetUUID", handle)
        if uuid:
            yield GpuDevice(nvml, handle, uuid, tuple(_instances(nvml, handle)))


def _instances(nvml: Any, handle: Any) -> Iterator[GpuDevice]:
    """Yield the instances of a GPU in MIG mode."""
    modes = ask(nvml, "nvmlDeviceGetMigMode", handle)  # the present one and that after a reset
    if not modes or not modes[0]:
        return
    for index in range(ask(nvml, "nvmlDeviceGetMaxMigDeviceCount", handle) or 0):
        instance = ask(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", handle, index)
        uuid = instance is not None and ask(nvml, "nvmlDeviceGetUUID", instance)
        if uuid:
            yield GpuDevice(nvml, instance, uuid)


def _named_devices(names: Sequence[str], gpus: Sequence[GpuDevice]) -> list[GpuDevice]:
    """Return the devices before the first invalid name; none if a device is named twice."""
    found: list[GpuDevice] = []
    for name in names:
        device = _named_device(name.strip(), gpus)
        if device is None:
            break
        if device in found:
            return []
        found.append(device)
    return found


def _named_device(name: str, gpus: Sequence[GpuDevice]) -> GpuDevice | None:
    """Return the device of an index, or of the beginning of a UUID that only one device has."""
    if name.isdigit():
        matching = list(gpus[int(name) :][:1])
    else:
        every = [each for gpu in gpus for each in (gpu, *gpu.instances)]
        matching = [each for each in every if name and each.uuid.startswith(name)]
    if len(matching) != 1:
        return None
    return (*matching[0].instances, *matching)[0]  # of a divided GPU, its first instance


def _is_order_known(devices: Sequence[GpuDevice]) -> bool:
    named = os.environ.get(_VISIBLE, "")
    by_uuid = bool(named) and not named.strip()[0].isdigit()
    return (
        by_uuid
        or os.environ.get(_ORDER) == "PCI_BUS_ID"
        or len({each.name for each in devices}) == 1
    )


def _uuid_in_torch(ordinal: int) -> str | None:
    """Return the UUID of a CUDA device, without its prefix, if PyTorch is loaded and uses CUDA."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized() or ordinal >= torch.cuda.device_count():
        return None
    return str(torch.cuda.get_device_properties(ordinal).uuid)
