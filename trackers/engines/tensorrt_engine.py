"""TensorRT: a network from a built engine, on the GPU it was built on; arrays are CUDA tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trackers.engines.contract import check_names
from trackers.engines.tensorrt_library import (
    check_engine,
    load_tensorrt,
    read_engine_facts,
    describe_platform,
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
Shapes = Mapping[str, list[list[int]]]  # of each input with dynamic axes: least, best, most


class TensorrtEngine:
    """A network that TensorRT runs.

    Args:
        path: An engine with its JSON beside it.
        onnx: The file it was built from.
        device: Where the tensors are.

    Raises:
        FileNotFoundError: A file is missing.
        RuntimeError: TensorRT is not installed, or there is no GPU, or it cannot read the engine.
        ValueError: The engine was built for another machine, version or ONNX file.
    """

    def __init__(self, path: Path, onnx: Path, device: torch.device = _DEVICE) -> None:
        self._path, self._device = path, device
        facts = read_engine_facts(path)
        library = load_tensorrt()
        check_engine(path, facts, describe_platform(library), onnx)
        self._profiles: list[Shapes] = facts["profiles"]
        self._logger = library.Logger(library.Logger.WARNING)
        self._runtime = library.Runtime(self._logger)
        self._engine = self._runtime.deserialize_cuda_engine(path.read_bytes())
        if self._engine is None:
            raise RuntimeError(f"{path}: TensorRT cannot read it: see what it logged")
        self._inputs, self._outputs = self._arguments(library)
        self._contexts: dict[int, Any] = {}
        streams: Any = torch.cuda  # PyTorch gives their constructor no types
        self._stream = streams.Stream(device)

    def _arguments(self, library: Any) -> tuple[dict[str, torch.dtype], dict[str, torch.dtype]]:
        """Return the types of inputs and outputs by name."""
        engine, kinds = self._engine, library.DataType
        types = {getattr(kinds, kind): dtype for kind, dtype in _TYPES.items()}
        names = [engine.get_tensor_name(number) for number in range(engine.num_io_tensors)]
        found = {name: types[engine.get_tensor_dtype(name)] for name in names}
        inputs = {n for n in names if engine.get_tensor_mode(n) == library.TensorIOMode.INPUT}
        return (
            {name: found[name] for name in names if name in inputs},
            {name: found[name] for name in names if name not in inputs},
        )

    def __call__(self, **inputs: Any) -> dict[str, Tensor]:
        check_names(inputs, self._inputs, str(self._path))
        given = {
            name: inputs[name].to(self._device, dtype).contiguous()
            for name, dtype in self._inputs.items()
        }
        shapes = {name: list(tensor.shape) for name, tensor in given.items()}
        context = self._context(fitting_profile(self._path, self._profiles, shapes))
        for name, tensor in given.items():
            if not context.set_input_shape(name, tuple(tensor.shape)):
                raise ValueError(f"{self._path}: {name}: TensorRT refuses {tuple(tensor.shape)}")
            context.set_tensor_address(name, tensor.data_ptr())
        found = {name: self._allocate(context, name) for name in self._outputs}
        self._run(context)
        return found

    def _context(self, number: int) -> Any:
        """Return what runs the kernels of a profile."""
        if number not in self._contexts:
            context = self._engine.create_execution_context()
            context.set_optimization_profile_async(number, self._stream.cuda_stream)
            self._stream.synchronize()
            self._contexts[number] = context
        return self._contexts[number]

    def _allocate(self, context: Any, name: str) -> Tensor:
        """Return an empty tensor, known to the context, for an output."""
        shape = tuple(context.get_tensor_shape(name))
        workdir = torch.empty(shape, dtype=self._outputs[name], device=self._device)
        context.set_tensor_address(name, workdir.data_ptr())
        return workdir

    def _run(self, context: Any) -> None:
        """Run between what the current stream was told before and what it is told next."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        if not context.execute_async_v3(self._stream.cuda_stream):
            raise RuntimeError(f"{self._path}: TensorRT failed: see what it logged")
        current.wait_stream(self._stream)


def fitting_profile(path: Path, profiles: Sequence[Shapes], shapes: Mapping[str, list[int]]) -> int:
    """Return the number of the first profile that takes the shapes.

    Raises:
        ValueError: None does. Names the engine.
    """
    for number, profile in enumerate(profiles):
        if all(
            low <= size <= high
            for name, (least, _, most) in profile.items()
            for low, size, high in zip(least, shapes[name], most, strict=True)
        ):
            return number
    raise ValueError(f"{path}: built for {[dict(each) for each in profiles]}, found {dict(shapes)}")
