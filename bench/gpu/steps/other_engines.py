"""SAM 2 demo on ONNX Runtime and TensorRT: each network against PyTorch in float32 on the CPU."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from bench.gpu.context import AbsentError, Context
from bench.gpu.steps.agreement import report_networks
from bench.gpu.steps.models import torch_networks
from trackers.sam2 import parity
from trackers.sam2.networks import on_onnxruntime, on_tensorrt

_MODEL, _TENSORRT_PRECISION = "demo", "fp16"
_OBJECTS = (1, 4, 16)  # of the profile


def compare_onnxruntime(context: Context) -> None:
    """Compare each network on ONNX Runtime."""
    if not context.uses_cuda:
        raise AbsentError("on a CPU the default run compares it: parity_onnxruntime.json")
    _require_cuda()
    calls = parity.record(torch_networks(_MODEL, context, "cpu"))
    folder = _export(context, "fp32")
    networks = on_onnxruntime(folder, context.settings.device)
    report_networks(context, parity.compare(calls, networks), "fp32")


def compare_tensorrt(context: Context) -> None:
    """Build the networks with TensorRT and compare each."""
    from trackers.engines.tensorrt_build import AxisRange, BuildFlags
    from trackers.engines.tensorrt_library import load_tensorrt
    from trackers.sam2.build import build_engines

    if not context.uses_cuda:
        raise AbsentError("TensorRT runs on GPUs only")
    try:
        library = load_tensorrt()
    except RuntimeError as error:
        raise AbsentError(str(error)) from error
    calls = parity.record(torch_networks(_MODEL, context, "cpu"))
    onnx = _export(context, _TENSORRT_PRECISION)
    begin = monotonic()
    build_engines(onnx, onnx / "tensorrt", [AxisRange(*_OBJECTS)], BuildFlags())
    context.facts(tensorrt=library.__version__, build_s=round(monotonic() - begin, 1))
    networks = on_tensorrt(onnx / "tensorrt", onnx)
    report_networks(context, parity.compare(calls, networks), _TENSORRT_PRECISION)


def _require_cuda() -> None:
    """Raise AbsentError if the installed ONNX Runtime is not for CUDA."""
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if "CUDAExecutionProvider" not in available:
        raise AbsentError(
            f"onnxruntime {onnxruntime.__version__}: expected CUDAExecutionProvider, found "
            f"{available}"
        )


def _export(context: Context, precision: str) -> Path:
    """Return the folder of the exported networks."""
    from trackers.sam2.export import export_model
    from trackers.sam2.loading import load_model

    folder = context.folder / f"networks-{precision}"
    begin, model = monotonic(), load_model(_MODEL, context.weights_of(_MODEL))
    export_model(model, folder, precision, {"size": _MODEL})
    context.facts(export_s=round(monotonic() - begin, 1))
    return folder
