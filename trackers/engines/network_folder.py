"""Open a folder of exported networks on ONNX Runtime or TensorRT.

The folder holds one file per network and the network card `networks.json`, which names the model
and the precision. TensorRT engines are in a subfolder of the folder of the ONNX files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datasets.io.files import read_json
from trackers.engines.card import CARD
from trackers.engines.contract import Arrays, Engine
from trackers.engines.row_chunks import ChunkedEngine
from trackers.engines.tensorrt_library import read_engine_facts

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class NetworkFolder:
    """The networks of a folder, ready to run.

    Args:
        engines: Engines by the name of the network.
        arrays: Operations on the inputs and outputs of the engines.
        facts: Content of `networks.json`.
        max_lengths: Maximum length of dynamic axes, by network and axis; empty for engines that
            accept any length.
    """

    engines: Mapping[str, Engine]
    arrays: Arrays
    facts: Mapping[str, Any]
    max_lengths: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def open_onnx(
    folder: Path,
    names: Iterable[str],
    device: str = "cpu",
    threads: Mapping[str, int] = _NONE,
    shared: Mapping[str, str] = _NONE,
    *,
    tensors: bool = False,
) -> NetworkFolder:
    """Return the networks of a folder, on ONNX Runtime.

    On a CUDA device the arrays are PyTorch's tensors there, on a CPU they are NumPy arrays.

    Args:
        names: Names of the networks to open.
        device: `cpu` or `cuda`.
        threads: Number of threads by the name of the network; one per core for the others.
        shared: Axis whose rows threads share, by the name of the network; see `OnnxEngine`.
        tensors: Whether the arrays are tensors on a CPU too; threads then share no rows.

    Raises:
        FileNotFoundError: The folder lacks a file.
        ValueError: A file is invalid.
        RuntimeError: ONNX Runtime does not support the device.
    """
    if tensors or device != "cpu":
        return _open_on_tensors(folder, names, device, threads)
    import numpy as np

    from trackers.engines.numpy_arrays import NumpyArrays
    from trackers.engines.onnx_engine import OnnxEngine

    facts = read_facts(folder)
    engines = {
        name: OnnxEngine(folder / f"{name}.onnx", device, threads.get(name, 0), shared.get(name))
        for name in names
    }
    dtype = np.float16 if facts["precision"] == "fp16" else np.float32
    return NetworkFolder(engines, NumpyArrays(dtype), facts)


def _open_on_tensors(
    folder: Path, names: Iterable[str], device: str, threads: Mapping[str, int]
) -> NetworkFolder:
    from trackers.engines.onnx_engine import OnnxTensorEngine
    from trackers.engines.torch_engine import DTYPES, TorchArrays

    facts = read_facts(folder)
    engines = {
        name: OnnxTensorEngine(folder / f"{name}.onnx", device, threads.get(name, 0))
        for name in names
    }
    return NetworkFolder(engines, TorchArrays(device, DTYPES[facts["precision"]]), facts)


def open_tensorrt(
    folder: Path, onnx: Path, names: Iterable[str], rows: str | None = None
) -> NetworkFolder:
    """Return the networks of a folder, on TensorRT.

    Args:
        onnx: Folder of the ONNX files that the engines were built from.
        names: Names of the networks to open.
        rows: Dynamic axis, the first of some inputs and of all outputs, whose rows are independent
            of each other. Any number of them runs, see `ChunkedEngine`.

    Raises:
        FileNotFoundError: A folder lacks a file.
        ValueError: An engine was built for another machine, version or ONNX file.
        RuntimeError: TensorRT is not installed, or there is no GPU.
    """
    from trackers.engines.tensorrt_engine import TensorrtEngine
    from trackers.engines.torch_engine import DTYPES, TorchArrays

    facts = read_facts(folder)
    arrays = TorchArrays("cuda", DTYPES[facts["precision"]])
    engines: dict[str, Engine] = {}
    lengths: dict[str, dict[str, int]] = {}
    for name in names:
        built, source = folder / f"{name}.engine", onnx / f"{name}.onnx"
        engine: Engine = TensorrtEngine(built, source)
        axes = _axes(built, source)
        if rows in axes:
            inputs, accepted = axes[rows]
            engine = ChunkedEngine(engine, inputs, accepted, arrays.concatenate)
        engines[name] = engine
        lengths[name] = {axis: max(high for _, high in each) for axis, (_, each) in axes.items()}
    return NetworkFolder(engines, arrays, facts, lengths)


def _axes(engine: Path, onnx: Path) -> dict[str, tuple[list[str], list[tuple[int, int]]]]:
    """Return the dynamic axes of an engine by name.

    Returns:
        For each axis the inputs that have it, and its minimum and maximum length in each profile.
    """
    profiles = read_engine_facts(engine)["profiles"]
    layouts = read_json(onnx.with_name(f"{onnx.name}.json"))["inputs"]
    axes: dict[str, tuple[list[str], list[tuple[int, int]]]] = {}
    for name, layout in layouts.items():
        for number, axis in enumerate(layout["shape"]):
            if isinstance(axis, str):
                lengths = [(each[name][0][number], each[name][2][number]) for each in profiles]
                axes.setdefault(axis, ([], lengths))[0].append(name)
    return axes


def read_facts(folder: Path, needed: Collection[str] = ()) -> dict[str, Any]:
    """Return the content of `networks.json`.

    Args:
        needed: Keys that it must have besides `precision`.

    Raises:
        FileNotFoundError: The folder has no `networks.json`.
        ValueError: A key is missing. Names the file.
    """
    path = folder / CARD
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file: export the model first")
    facts: dict[str, Any] = read_json(path)
    missing = [key for key in (*needed, "precision") if key not in facts]
    if missing:
        raise ValueError(f"{path}: keys {missing} are missing")
    return facts
