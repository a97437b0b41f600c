"""The first step: machine, device and libraries."""

from __future__ import annotations

import os
from typing import Any

from bench.gpu.context import MIB, Context
from trackers.profiling.machine import describe_machine

_SWITCHES = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "NVIDIA_TF32_OVERRIDE")


def describe(context: Context) -> None:
    """Report machine, libraries and device.

    Raises:
        RuntimeError: PyTorch cannot use the device.
    """
    import torch

    cudnn: Any = torch.backends.cudnn
    context.facts(
        machine=describe_machine(),
        torch={
            "version": torch.__version__,
            "cuda": torch.version.cuda,
            "cudnn": cudnn.version(),
            "threads": torch.get_num_threads(),
            "architectures": torch.cuda.get_arch_list(),
        },
        onnxruntime=_onnxruntime(),
        tensorrt=_tensorrt(),
        switches={name: os.environ[name] for name in _SWITCHES if name in os.environ},
        devices_selected="CUDA_VISIBLE_DEVICES" in os.environ,  # not which: it may name one
    )
    if context.uses_cuda:
        context.facts(gpu=_gpu(context.settings.device))


def _gpu(device: str) -> dict[str, Any]:
    """Return the properties of a CUDA device, after a product has been computed on it."""
    import torch

    if not torch.cuda.is_available():
        count = f"{torch.cuda.device_count()} devices"
        raise RuntimeError(
            f"--device: {device}: expected a GPU that PyTorch can use, found none ({count}, "
            f"PyTorch is built for CUDA {torch.version.cuda}): `make check-gpu` says why"
        )
    found = torch.cuda.get_device_properties(device)
    one = torch.ones(64, 64, device=device)
    assert float((one @ one).sum()) == 64**3
    return {
        "name": found.name,
        "compute_capability": f"{found.major}.{found.minor}",
        "memory_mib": found.total_memory // MIB,
        "multiprocessors": found.multi_processor_count,
        "bf16": torch.cuda.is_bf16_supported(including_emulation=False),
    }


def _onnxruntime() -> dict[str, Any] | None:
    try:
        import onnxruntime
    except ImportError:
        return None
    providers = onnxruntime.get_available_providers()
    return {"version": onnxruntime.__version__, "providers": providers}


def _tensorrt() -> str | None:
    try:
        import tensorrt
    except ImportError:
        return None
    return str(tensorrt.__version__)
