"""TensorRT, loaded where it is needed, and what a built engine says of itself.

An engine is a program for one GPU, one driver and one version of TensorRT. What it was built from
and for is written beside it, and it runs nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.io.files import read_json, sha256
from trackers.profiling.machine import identify_gpu

VERSIONS = (10, 11)
PLATFORM_KEYS = ("tensorrt", "gpu", "compute_capability", "driver")  # of the facts, where an engine runs


def load_tensorrt() -> Any:
    """Return the library.

    Raises:
        RuntimeError: It is not installed, or of another major version than those known here.
    """
    try:
        import tensorrt
    except ImportError as error:
        raise RuntimeError(
            f"TensorRT cannot be loaded ({error}): environment.yml installs it where there is a GPU"
        ) from error
    if major_version(tensorrt) not in VERSIONS:
        raise RuntimeError(f"TensorRT {tensorrt.__version__} found, expected one of {VERSIONS}")
    return tensorrt


def major_version(tensorrt: Any) -> int:
    """Return the major version of the library."""
    return int(tensorrt.__version__.split(".")[0])


def describe_platform(tensorrt: Any) -> dict[str, str]:
    """Return where engines that are built here run: the facts in PLACE.

    Raises:
        RuntimeError: There is no NVIDIA GPU.
    """
    return {"tensorrt": tensorrt.__version__} | identify_gpu()


def read_engine_facts(path: Path) -> dict[str, Any]:
    """Return what is written beside an engine.

    Raises:
        FileNotFoundError: The engine or its JSON is missing.
        ValueError: The JSON is not complete. Names the file.
    """
    beside = path.with_name(path.name + ".json")
    for each in (path, beside):
        if not each.is_file():
            raise FileNotFoundError(f"{each}: no such file: build the engine first")
    facts: dict[str, Any] = read_json(beside)
    missing = [key for key in ("sha256", "onnx_sha256", "profiles", *PLATFORM_KEYS) if key not in facts]
    if missing:
        raise ValueError(f"{beside}: {missing} missing")
    return facts


def check_engine(path: Path, facts: Mapping[str, Any], here: Mapping[str, str], onnx: Path) -> None:
    """Raise ValueError, with all that differs, if an engine is not for this place and file."""
    expected = {**here, "onnx_sha256": sha256(onnx), "sha256": sha256(path)}
    differences = [
        f"{key} {facts[key]!r} found, here {value!r}"
        for key, value in expected.items()
        if facts[key] != value
    ]
    if differences:
        raise ValueError(f"{path}: built for elsewhere: {'; '.join(differences)}. Build it again")
