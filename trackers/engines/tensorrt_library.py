"""Load TensorRT, and check the JSON file beside a built engine.

TensorRT for RTX is a sibling with the same interface and versions of its own; it is used where it
is the only one. Its engines are compiled without a GPU, and finished on the GPU that loads them.

An engine runs only on the GPU, driver and TensorRT version that it was built for. The JSON file
records these and the digest of the ONNX file.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import read_json, sha256
from trackers.engines.contract import TensorSpec
from trackers.profiling.machine import identify_gpu

_MODULES: dict[str, tuple[int, ...]] = {  # and their supported major versions
    "tensorrt": (10, 11),
    "tensorrt_rtx": (1,),
    "tensorrt_rtx_bindings": (1,),  # the name without NVIDIA's package of the name above
}
_LAST_WITH_FLAG = 10  # last major version of TensorRT that needs a flag for strongly typed networks
_FACTS = ("sha256", "onnx_sha256", "profiles", "inputs", "metadata")
_DTYPES = {"float": "float32", "double": "float64", "bfloat16": "float32"}  # ONNX's → NumPy's
PLATFORM_KEYS = (
    "tensorrt",
    "gpu",
    "compute_capability",
    "driver",
)  # keys that say where an engine runs


def load_tensorrt() -> Any:
    """Return the module of TensorRT, or of TensorRT for RTX, with NVIDIA's plug-ins registered.

    Raises:
        RuntimeError: Neither is installed, its major version is not supported, or its plug-ins
            cannot be registered.
    """
    name, library = _find_module()
    supported = _MODULES[name]
    if major_version(library) not in supported:
        raise RuntimeError(
            f"TensorRT: expected a major version of {supported}, found {library.__version__}"
        )
    # networks with RoiAlign use a plug-in; registering one again does nothing
    if not library.init_libnvinfer_plugins(library.Logger(library.Logger.WARNING), ""):
        raise RuntimeError("TensorRT cannot register its plug-ins: see its log above")
    return library


def _find_module() -> tuple[str, Any]:
    """Return the first module that is installed, and its name."""
    errors = []
    for name in _MODULES:
        try:
            return name, import_module(name)
        except ImportError as error:
            errors.append(error)
    raise RuntimeError(
        f"TensorRT cannot be loaded ({errors[0]}): `make setup WITH=gpu` installs it, and "
        "`make check-gpu` says what else is missing"
    ) from errors[0]


def major_version(library: Any) -> int:
    """Return the major version of the library."""
    return int(library.__version__.split(".")[0])


def strongly_typed_flags(library: Any) -> int:
    """Return the creation flags of a network that computes in the types of its ONNX file.

    TensorRT 11 has only such networks, and no flag for them.
    """
    if major_version(library) > _LAST_WITH_FLAG:
        return 0
    return 1 << int(library.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


def describe_platform(library: Any) -> dict[str, str]:
    """Return the platform that engines built here run on, by the keys in PLATFORM_KEYS.

    Raises:
        RuntimeError: There is no NVIDIA GPU.
    """
    return {"tensorrt": library.__version__} | identify_gpu()


def read_engine_facts(path: Path) -> dict[str, Any]:
    """Return the content of the JSON file beside an engine.

    Raises:
        FileNotFoundError: The engine or its JSON file is missing.
        ValueError: The JSON file lacks keys. Names the file.
    """
    facts_path = path.with_name(path.name + ".json")
    for each in (path, facts_path):
        if not each.is_file():
            raise FileNotFoundError(f"{each}: no such file: build the engine first")
    facts: dict[str, Any] = read_json(facts_path)
    missing = [key for key in (*_FACTS, *PLATFORM_KEYS) if key not in facts]
    if missing:
        raise ValueError(f"{facts_path}: keys {missing} are missing")
    return facts


def described_inputs(inputs: Mapping[str, Any]) -> tuple[TensorSpec, ...]:
    """Return the inputs that the JSON file of a network describes; bfloat16 as float32."""
    return tuple(
        TensorSpec(name, tuple(each["shape"]), np.dtype(_DTYPES.get(each["type"], each["type"])))
        for name, each in inputs.items()
    )


def check_engine(path: Path, facts: Mapping[str, Any], here: Mapping[str, str], onnx: Path) -> None:
    """Raise ValueError, listing all differences, if an engine was built for something else.

    Args:
        path: Path of the engine.
        facts: Content of the JSON file beside the engine.
        here: This platform, see `describe_platform`.
        onnx: ONNX file that the engine should have been built from.
    """
    expected = {**here, "onnx_sha256": sha256(onnx), "sha256": sha256(path)}
    differences = [
        f"{key}: expected {value!r}, found {facts[key]!r}"
        for key, value in expected.items()
        if facts[key] != value
    ]
    if differences:
        raise ValueError(
            f"{path}: built for another platform or file: {'; '.join(differences)}. Build it again"
        )
