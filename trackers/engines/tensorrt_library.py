"""Load TensorRT, and check the JSON file beside a built engine.

An engine runs only on the GPU, driver and TensorRT version that it was built for. The JSON file
records these and the digest of the ONNX file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import read_json, sha256
from trackers.engines.contract import TensorSpec
from trackers.profiling.machine import identify_gpu

VERSIONS = (10, 11)
_FACTS = ("sha256", "onnx_sha256", "profiles", "inputs", "metadata")
_DTYPES = {"float": "float32", "double": "float64", "bfloat16": "float32"}  # ONNX's → NumPy's
PLATFORM_KEYS = (
    "tensorrt",
    "gpu",
    "compute_capability",
    "driver",
)  # keys that say where an engine runs


def load_tensorrt() -> Any:
    """Return the module `tensorrt`.

    Raises:
        RuntimeError: TensorRT is not installed, or its major version is not supported.
    """
    try:
        import tensorrt
    except ImportError as error:
        raise RuntimeError(
            f"TensorRT cannot be loaded ({error}): environment.yml installs it on GPU machines"
        ) from error
    if major_version(tensorrt) not in VERSIONS:
        raise RuntimeError(
            f"TensorRT: expected a major version of {VERSIONS}, found {tensorrt.__version__}"
        )
    return tensorrt


def major_version(tensorrt: Any) -> int:
    """Return the major version of the library."""
    return int(tensorrt.__version__.split(".")[0])


def describe_platform(tensorrt: Any) -> dict[str, str]:
    """Return the platform that engines built here run on, by the keys in PLATFORM_KEYS.

    Raises:
        RuntimeError: There is no NVIDIA GPU.
    """
    return {"tensorrt": tensorrt.__version__} | identify_gpu()


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
