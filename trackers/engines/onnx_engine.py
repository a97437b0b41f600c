"""ONNX Runtime: a network from an ONNX file, on the processor or a CUDA device, without PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from trackers.engines.contract import check_names
from trackers.engines.row_parallel import RowParallelSession
from trackers.profiling.machine import usable_cores

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# A thread that waits by spinning takes the core from the next network: SAM 2 has three a frame.
_NO_SPINNING = ("session.intra_op.allow_spinning", "0")
_REFUSALS = (
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.InvalidProtobuf,
    errors.NotImplemented,
)
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


class OnnxEngine:
    """A network that ONNX Runtime runs; the same inputs give the same outputs every time.

    Its `shapes` are those of the inputs by name, with a text for a size that may vary.

    Args:
        path: An ONNX file.
        device: `cpu` or `cuda`.
        threads: Of one operator; 0 takes one a core.
        shared: Name of the first axis of some inputs and of all outputs, whose rows do not depend
            on each other: on a CPU the threads share the rows, where there are as many.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not an ONNX file that this version runs, or takes arrays of a type that
            numpy has not, or the device is unknown, or an output has not the axis `shared`.
        RuntimeError: The installed ONNX Runtime has no such device.
    """

    def __init__(
        self, path: Path, device: str = "cpu", threads: int = 0, shared: str | None = None
    ) -> None:
        self._path = path
        self._session = _open(path, _providers(device), threads)
        self._types = {each.name: _type(path, each) for each in self._session.get_inputs()}
        self.shapes = {each.name: each.shape for each in self._session.get_inputs()}
        self._outputs = [each.name for each in self._session.get_outputs()]
        self._shares = (
            self._shared_by(threads or usable_cores(), shared) if device == "cpu" else None
        )

    def _shared_by(self, threads: int, axis: str | None) -> RowParallelSession | None:
        if axis is None or threads == 1:
            return None
        whole = [each.name for each in self._session.get_outputs() if each.shape[:1] != [axis]]
        if whole:
            raise ValueError(f"{self._path}: outputs {whole} found without a first axis {axis!r}")
        rows = [name for name, shape in self.shapes.items() if shape[:1] == [axis]]
        return RowParallelSession(_open(self._path, _providers("cpu"), 1), rows, threads)

    def __call__(self, **inputs: Any) -> dict[str, np.ndarray]:
        given = self._given(inputs)
        if self._shares is not None and self._shares.has_row_per_thread(given):
            return dict(zip(self._outputs, self._shares.run(given), strict=True))
        return dict(zip(self._outputs, self._session.run(None, given), strict=True))

    def begin(self, **inputs: Any) -> Callable[[], dict[str, np.ndarray]]:
        """Start, see `Starter`; where threads share no rows, it runs before this returns."""
        if self._shares is None:
            outputs = self(**inputs)
            return lambda: outputs
        finish = self._shares.begin(self._given(inputs))
        return lambda: dict(zip(self._outputs, finish(), strict=True))

    def _given(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        check_names(inputs, self._types, str(self._path))
        return {
            name: np.ascontiguousarray(array, self._types[name]) for name, array in inputs.items()
        }


def _providers(device: str) -> list[str]:
    if device not in PROVIDERS:
        raise ValueError(f"device: {device!r} found, expected one of {list(PROVIDERS)}")
    wanted, there = PROVIDERS[device], onnxruntime.get_available_providers()
    if wanted not in there:
        raise RuntimeError(
            f"device: {device!r} needs {wanted}, which the installed onnxruntime "
            f"{onnxruntime.__version__} has not: it has {there}"
        )
    return [wanted] if device == "cpu" else [wanted, PROVIDERS["cpu"]]


def _open(path: Path, providers: list[str], threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors; what it warns of are its own optimizations
    options.add_session_config_entry(*_NO_SPINNING)
    try:
        session = onnxruntime.InferenceSession(path, options, providers)
    except _REFUSALS as error:
        raise ValueError(f"{path}: no network that ONNX Runtime can run: {error}") from error
    if session.get_providers()[0] != providers[0]:
        raise RuntimeError(f"{path}: {providers[0]} did not start: see what it logged")
    return session


def _type(path: Path, argument: onnxruntime.NodeArg) -> type[np.generic]:
    if argument.type not in _TYPES:
        raise ValueError(
            f"{path}: input {argument.name} is {argument.type}, expected one of {list(_TYPES)}"
        )
    return _TYPES[argument.type]
