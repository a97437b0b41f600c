"""ONNX Runtime: run a network from an ONNX file on the CPU or a CUDA device.

`OnnxEngine` takes and returns NumPy arrays, without PyTorch. `OnnxTensorEngine` takes and returns
PyTorch's tensors, which stay on the device from one network to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from trackers.engines.contract import TensorSpec, check_names
from trackers.engines.network_files import explain_failure
from trackers.engines.row_chunks import RowParallelSession
from trackers.profiling.gpu_check import require_gpu
from trackers.profiling.machine import usable_cores

if TYPE_CHECKING:
    from torch import Tensor

Found = TypeVar("Found")
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# A thread that spins while it waits blocks a core for the next network; SAM 2 runs three a frame.
_NO_SPINNING = ("session.intra_op.allow_spinning", "0")
_INVALID_MODEL = (
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.InvalidProtobuf,
    errors.NotImplemented,
)
_FAILED_RUN = (*_INVALID_MODEL, errors.RuntimeException)
# type of a tensor in ONNX → its name in PyTorch and its number in ONNX
_TENSOR_TYPES = {
    "tensor(float)": ("float32", 1),
    "tensor(uint8)": ("uint8", 2),
    "tensor(int32)": ("int32", 6),
    "tensor(int64)": ("int64", 7),
    "tensor(bool)": ("bool", 9),
    "tensor(float16)": ("float16", 10),
    "tensor(bfloat16)": ("bfloat16", 16),
}
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


class OnnxEngine:
    """A network run by ONNX Runtime; the same inputs always give the same outputs.

    `inputs` describes the inputs, and `metadata` holds the properties that the exporter wrote to
    the file. Inputs of another type are converted if that loses no more than precision.

    Args:
        path: Path of the ONNX file.
        device: `cpu` or `cuda`.
        threads: Number of threads per operator; 0 for one per core.
        shared: Name of the first axis of some inputs and all outputs, if its rows are independent
            of each other. On a CPU the rows are then divided among the threads, if there are at
            least as many rows as threads.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no ONNX file, or one that ONNX Runtime cannot run; an input has a
            type that NumPy lacks; the device is unknown; an output lacks the axis `shared`.
        RuntimeError: The installed ONNX Runtime does not support the device, or there is no GPU.
    """

    def __init__(
        self, path: Path, device: str = "cpu", threads: int = 0, shared: str | None = None
    ) -> None:
        self._path = path
        self._session = _open(path, _providers(device), threads)
        self.inputs = tuple(
            TensorSpec(each.name, tuple(each.shape), np.dtype(_find(path, each, _TYPES)))
            for each in self._session.get_inputs()
        )
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        self._types = {each.name: each.dtype for each in self.inputs}
        self._outputs = [each.name for each in self._session.get_outputs()]
        self._row_parallel = (
            self._open_row_parallel(threads or usable_cores(), shared) if device == "cpu" else None
        )

    def _open_row_parallel(self, threads: int, axis: str | None) -> RowParallelSession | None:
        if axis is None or threads == 1:
            return None
        wrong = [each.name for each in self._session.get_outputs() if each.shape[:1] != [axis]]
        if wrong:
            raise ValueError(
                f"{self._path}: expected outputs with a first axis {axis!r}, found {wrong}"
            )
        rows = [each.name for each in self.inputs if each.shape[:1] == (axis,)]
        return RowParallelSession(_open(self._path, _providers("cpu"), 1), rows, threads)

    def __call__(self, **inputs: Any) -> dict[str, np.ndarray]:
        arrays = self._convert_inputs(inputs)
        if self._row_parallel is not None and self._row_parallel.has_row_per_thread(arrays):
            return dict(zip(self._outputs, self._row_parallel.run(arrays), strict=True))
        try:
            outputs = self._session.run(None, arrays)
        except _FAILED_RUN as error:
            shapes = {name: array.shape for name, array in arrays.items()}
            raise ValueError(f"{self._path}: the network fails on {shapes}: {error}") from error
        return dict(zip(self._outputs, outputs, strict=True))

    def begin(self, **inputs: Any) -> Callable[[], dict[str, np.ndarray]]:
        """Start the engine, see `AsyncEngine`; without `shared` it runs before this returns."""
        if self._row_parallel is None:
            outputs = self(**inputs)
            return lambda: outputs
        finish = self._row_parallel.begin(self._convert_inputs(inputs))
        return lambda: dict(zip(self._outputs, finish(), strict=True))

    def _convert_inputs(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        check_names(inputs, self._types, str(self._path))
        return {name: self._convert(name, np.asarray(array)) for name, array in inputs.items()}

    def _convert(self, name: str, array: np.ndarray) -> np.ndarray:
        dtype = self._types[name]
        if not np.can_cast(array.dtype, dtype, "same_kind"):
            raise ValueError(
                f"{self._path}: input {name}: expected values of type {dtype}, found {array.dtype}"
            )
        return np.ascontiguousarray(array, dtype)


class OnnxTensorEngine:
    """A network run by ONNX Runtime on PyTorch's tensors.

    Its inputs and outputs stay on the device: a memory bank is not copied for each frame.

    Args:
        path: Path of the ONNX file.
        device: `cpu` or `cuda`, where the tensors are.
        threads: Number of threads per operator on a CPU; 0 for one per core.

    Raises:
        FileNotFoundError, ValueError, RuntimeError: As `OnnxEngine`.
    """

    def __init__(self, path: Path, device: str = "cuda", threads: int = 0) -> None:
        import torch

        self._path, self._torch, self._device = path, torch, device
        self._session = _open(path, _providers(device), threads)
        self._types = {
            each.name: _find(path, each, _TENSOR_TYPES) for each in self._session.get_inputs()
        }
        self._outputs = [each.name for each in self._session.get_outputs()]

    def __call__(self, **inputs: Any) -> dict[str, Tensor]:
        check_names(inputs, self._types, str(self._path))
        binding = self._session.io_binding()
        tensors = []
        for name, (dtype, number) in self._types.items():
            tensor = inputs[name].to(self._device, getattr(self._torch, dtype)).contiguous()
            index, shape = max(tensor.get_device(), 0), tuple(tensor.shape)
            binding.bind_input(name, self._device, index, number, shape, tensor.data_ptr())
            tensors.append(tensor)  # is in use until the run has ended
        for name in self._outputs:
            binding.bind_output(name, self._device, max(tensors[0].get_device(), 0))
        if self._device == "cuda":  # ONNX Runtime computes on a stream of its own
            self._torch.cuda.current_stream().synchronize()
        self._run(binding, tensors)
        found = zip(self._outputs, binding.get_outputs_as_ortvaluevector(), strict=True)
        return {
            name: self._torch.utils.dlpack.from_dlpack(each.to_dlpack()) for name, each in found
        }

    def _run(self, binding: onnxruntime.IOBinding, tensors: list[Tensor]) -> None:
        """Run, and wait for the outputs."""
        try:
            self._session.run_with_iobinding(binding)
        except _FAILED_RUN as error:
            shapes = {
                name: tuple(each.shape) for name, each in zip(self._types, tensors, strict=True)
            }
            raise ValueError(f"{self._path}: the network fails on {shapes}: {error}") from error


def _providers(device: str) -> list[str]:
    if device not in PROVIDERS:
        raise ValueError(f"device: expected one of {list(PROVIDERS)}, found {device!r}")
    needed, available = PROVIDERS[device], onnxruntime.get_available_providers()
    if needed not in available:
        raise RuntimeError(
            f"device: {device!r} needs {needed}, which the installed onnxruntime "
            f"{onnxruntime.__version__} lacks: it has {available}; `make setup WITH=gpu` installs "
            "one that has it"
        )
    if device == "cpu":
        return [needed]
    require_gpu()
    onnxruntime.preload_dlls()  # CUDA from NVIDIA's packages, which the system does not search
    return [needed, PROVIDERS["cpu"]]


def _open(path: Path, providers: list[str], threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors only; its warnings are about its own optimizations
    options.add_session_config_entry(*_NO_SPINNING)
    try:
        session = onnxruntime.InferenceSession(path, options, providers)
    except _INVALID_MODEL as error:
        parsed = not isinstance(error, errors.InvalidProtobuf)
        raise ValueError(f"{path}: {explain_failure(path, str(error), parsed=parsed)}") from error
    if session.get_providers()[0] != providers[0]:
        raise RuntimeError(f"{path}: {providers[0]} did not start: see its log above")
    return session


def _find(path: Path, argument: onnxruntime.NodeArg, types: Mapping[str, Found]) -> Found:
    """Return what stands for the type of an input in a table of types."""
    if argument.type not in types:
        raise ValueError(
            f"{path}: input {argument.name}: expected one of {list(types)}, found {argument.type}"
        )
    return types[argument.type]
