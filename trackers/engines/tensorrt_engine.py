"""TensorRT: run a built engine on the GPU that it was built for; arrays are CUDA tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trackers.engines.contract import check_names
from trackers.engines.tensorrt_build import Shapes
from trackers.engines.tensorrt_library import (
    check_engine,
    describe_platform,
    described_inputs,
    load_tensorrt,
    read_engine_facts,
)

_TYPES = {
    "FLOAT": torch.float32,
    "HALF": torch.float16,
    "BF16": torch.bfloat16,
    "INT32": torch.int32,
    "INT64": torch.int64,
    "BOOL": torch.bool,
    "UINT8": torch.uint8,
}
_DEVICE = torch.device("cuda")


class TensorrtEngine:
    """A network run by TensorRT.

    `inputs` and `metadata` are those of the ONNX file, see `DescribedEngine`.

    Args:
        path: Path of the engine, with its JSON file beside it.
        onnx: ONNX file that the engine was built from.
        device: Device of the tensors.

    Raises:
        FileNotFoundError: A file is missing.
        RuntimeError: TensorRT is not installed or cannot read the engine, or there is no GPU.
        ValueError: The engine was built for another machine, version or ONNX file.
    """

    def __init__(self, path: Path, onnx: Path, device: torch.device = _DEVICE) -> None:
        self._path, self._device = path, device
        facts = read_engine_facts(path)
        library = load_tensorrt()
        check_engine(path, facts, describe_platform(library), onnx)
        self._profiles: list[Shapes] = facts["profiles"]
        self.inputs, self.metadata = described_inputs(facts["inputs"]), facts["metadata"]
        self._logger = library.Logger(library.Logger.WARNING)
        self._runtime = library.Runtime(self._logger)
        self._engine = self._runtime.deserialize_cuda_engine(path.read_bytes())
        if self._engine is None:
            raise RuntimeError(f"{path}: TensorRT cannot read the engine: see its log above")
        self._inputs, self._outputs = self._arguments(library)
        self._contexts: dict[int, Any] = {}
        self._strategy = library.ExecutionContextAllocationStrategy.USER_MANAGED
        # activations of the largest profile; the contexts, which run one at a time, share them
        size = self._engine.device_memory_size_v2
        self._scratch = torch.empty(size, dtype=torch.uint8, device=device)
        streams: Any = torch.cuda  # PyTorch gives their constructor no types
        self._stream = streams.Stream(device)

    @property
    def largest_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the largest accepted length of each axis, by input with dynamic axes."""
        return {
            name: tuple(map(max, zip(*(each[name][2] for each in self._profiles), strict=True)))
            for name in self._profiles[0]
        }

    def _arguments(self, library: Any) -> tuple[dict[str, torch.dtype], dict[str, torch.dtype]]:
        """Return the types of the inputs and of the outputs, by name."""
        engine, kinds = self._engine, library.DataType
        types = {getattr(kinds, kind): dtype for kind, dtype in _TYPES.items()}
        names = [engine.get_tensor_name(number) for number in range(engine.num_io_tensors)]
        dtypes = {name: types[engine.get_tensor_dtype(name)] for name in names}
        inputs = {n for n in names if engine.get_tensor_mode(n) == library.TensorIOMode.INPUT}
        return (
            {name: dtypes[name] for name in names if name in inputs},
            {name: dtypes[name] for name in names if name not in inputs},
        )

    def __call__(self, **inputs: Any) -> dict[str, Tensor]:
        check_names(inputs, self._inputs, str(self._path))
        tensors = {
            name: inputs[name].to(self._device, dtype).contiguous()
            for name, dtype in self._inputs.items()
        }
        shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
        context = self._context(fitting_profile(self._path, self._profiles, shapes))
        for name, tensor in tensors.items():
            if not context.set_input_shape(name, tuple(tensor.shape)):
                shape = tuple(tensor.shape)
                raise ValueError(f"{self._path}: {name}: TensorRT rejects the shape {shape}")
            context.set_tensor_address(name, tensor.data_ptr())
        outputs = {name: self._allocate(context, name) for name in self._outputs}
        self._run(context)
        return outputs

    def _context(self, number: int) -> Any:
        """Return the execution context of a profile, created at its first use."""
        if number not in self._contexts:
            context = self._engine.create_execution_context(self._strategy)
            context.set_device_memory(self._scratch.data_ptr(), self._scratch.numel())
            context.set_optimization_profile_async(number, self._stream.cuda_stream)
            self._stream.synchronize()
            self._contexts[number] = context
        return self._contexts[number]

    def _allocate(self, context: Any, name: str) -> Tensor:
        """Return an empty tensor for an output and register it with the context."""
        shape = tuple(context.get_tensor_shape(name))
        tensor = torch.empty(shape, dtype=self._outputs[name], device=self._device)
        context.set_tensor_address(name, tensor.data_ptr())
        return tensor

    def _run(self, context: Any) -> None:
        """Run after all work on the current stream so far, and before its later work."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        if not context.execute_async_v3(self._stream.cuda_stream):
            raise RuntimeError(f"{self._path}: TensorRT failed: see its log above")
        current.wait_stream(self._stream)


def fitting_profile(path: Path, profiles: Sequence[Shapes], shapes: Mapping[str, list[int]]) -> int:
    """Return the number of the first profile that accepts the shapes of the inputs.

    Raises:
        ValueError: No profile accepts them. Names the engine.
    """
    for number, profile in enumerate(profiles):
        if all(
            low <= size <= high
            for name, (minimum, _, maximum) in profile.items()
            for low, size, high in zip(minimum, shapes[name], maximum, strict=True)
        ):
            return number
    raise ValueError(
        f"{path}: expected input shapes of one of the profiles "
        f"{[dict(each) for each in profiles]}, found {dict(shapes)}"
    )
