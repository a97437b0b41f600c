"""Open a network on the engine that its file is for.

| suffix | engine |
|---|---|
| `.engine` | TensorRT; the ONNX file that it was built from lies one folder above |
| `.pth`, `.pt`, `.tar`, `.safetensors` | PyTorch, if the architecture is known here |
| any other | ONNX Runtime, which says what the file is if it is no ONNX file |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trackers.engines.contract import DescribedEngine, TensorSpec
from trackers.networks.host_engine import HostEngine
from trackers.networks.runner import NetworkRunner

if TYPE_CHECKING:
    from torch import nn

ENGINE, CHECKPOINTS = ".engine", (".pth", ".pt", ".tar", ".safetensors")  # suffixes of files
_CPU, _CUDA = "cpu", "cuda"


@dataclass(frozen=True)
class TorchNetwork:
    """A network in PyTorch with its weights.

    Args:
        module: Module whose attribute `outputs` names its outputs.
        inputs: Its inputs.
    """

    module: nn.Module
    inputs: tuple[TensorSpec, ...]


def open_network(
    file: Path,
    runner: NetworkRunner,
    load_module: Callable[[Path], TorchNetwork],
    threads: int = 0,
) -> DescribedEngine:
    """Return a network that takes and returns NumPy arrays.

    Args:
        file: Network file, whose suffix says the engine.
        load_module: Returns the network of a checkpoint.
        threads: Threads per operator with ONNX Runtime on a CPU; 0 for one per core.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is invalid, or its engine does not have the device or the precision.
        RuntimeError: The engine is not installed or does not support the device.
    """
    if file.suffix in CHECKPOINTS:
        return _on_torch(file, runner, load_module)
    if runner.precision != NetworkRunner.precision:
        raise ValueError(
            f"{file}: expected no precision, which is an option of PyTorch, found "
            f"{runner.precision!r} for a file with a fixed precision"
        )
    if file.suffix == ENGINE:
        return _on_tensorrt(file, runner.device)
    from trackers.engines.onnx_engine import OnnxEngine

    return OnnxEngine(file, runner.device or _CPU, threads)


def _on_torch(
    file: Path, runner: NetworkRunner, load_module: Callable[[Path], TorchNetwork]
) -> DescribedEngine:
    import torch

    from trackers.engines.torch_engine import DTYPES, TorchArrays, TorchEngine

    device = runner.device or _CPU
    if _is_cuda(device) and not torch.cuda.is_available():
        raise RuntimeError(f"{file}: device {device!r}: expected a CUDA device, found none")
    network = load_module(file)
    arrays = TorchArrays(device, DTYPES[runner.precision])
    return HostEngine(TorchEngine(network.module, arrays), arrays, network.inputs, {})


def _on_tensorrt(file: Path, device: str | None) -> DescribedEngine:
    device = device or _CUDA
    if not _is_cuda(device):
        raise ValueError(f"{file}: device: expected {_CUDA!r} with TensorRT, found {device!r}")
    from trackers.engines.tensorrt_engine import TensorrtEngine
    from trackers.engines.torch_engine import TorchArrays

    arrays = TorchArrays(device)
    engine = TensorrtEngine(file, file.parent.parent / f"{file.stem}.onnx", arrays.device)
    return HostEngine(engine, arrays, engine.inputs, engine.metadata)


def _is_cuda(device: str) -> bool:
    """Return whether a device is `cuda`, or `cuda:1` and so on."""
    return device.partition(":")[0] == _CUDA
