"""The networks of a SAM 2 model on an engine.

A folder of exported networks holds a file of each and `networks.json`, which says of what model and
in which precision they are. PyTorch is loaded only where it runs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.io.files import read_json
from trackers.engines.card import CARD
from trackers.engines.contract import Arrays
from trackers.sam2.session import Networks

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

    from trackers.engines.torch_engine import TorchArrays

NETWORKS = ("encode", "prompt", "click", "mask_prompt", "track", "track_partial", "memorize")
_SHARED = ("track", "track_partial", "memorize")  # those that take all objects of a frame
_BESIDE = "encode"  # runs while another thread makes memories of the frame before
_SIZES = ("image_size", "memories", "pointers", "shapes", "pointer_width")


def on_torch(model: SAM2Base, arrays: TorchArrays, mode: str = "eager") -> Networks:
    """Return the networks of a model as they are, on PyTorch; for `mode` see `TorchEngine`."""
    from trackers.engines.torch_engine import TorchEngine
    from trackers.sam2.modules import modules, sizes

    engines = {name: TorchEngine(module, arrays, mode) for name, module in modules(model).items()}
    return _networks(engines, arrays, sizes(model))


def on_onnxruntime(folder: Path, device: str = "cpu", threads: int = 0) -> Networks:
    """Return the networks that were exported to a folder, on ONNX Runtime.

    Args:
        device: `cpu` or `cuda`.
        threads: That compute; 0 takes one a core.

    Raises:
        FileNotFoundError: The folder lacks a file.
        ValueError: A file is not what it should be.
        RuntimeError: ONNX Runtime has no such device.
    """
    import numpy as np

    from trackers.engines.numpy_arrays import NumpyArrays
    from trackers.engines.onnx_engine import OnnxEngine
    from trackers.engines.onnx_shares import cores

    facts, threads = read_facts(folder), threads or cores()
    engines = {
        name: OnnxEngine(
            folder / f"{name}.onnx",
            device,
            max(1, threads - 1) if name == _BESIDE else threads,
            "objects" if name in _SHARED else None,
        )
        for name in NETWORKS
    }
    dtype = np.float16 if facts["precision"] == "fp16" else np.float32
    return _networks(engines, NumpyArrays(dtype), facts)


def on_tensorrt(folder: Path, onnx: Path) -> Networks:
    """Return the networks that were built to a folder, on TensorRT.

    Args:
        onnx: The folder they were exported to.

    Raises:
        FileNotFoundError: A folder lacks a file.
        ValueError: An engine was built for another machine, version or file.
        RuntimeError: TensorRT is not installed, or there is no GPU.
    """
    from trackers.engines.tensorrt_engine import TensorrtEngine
    from trackers.engines.torch_engine import DTYPES, TorchArrays

    facts = read_facts(folder)
    engines = {
        name: TensorrtEngine(folder / f"{name}.engine", onnx / f"{name}.onnx") for name in NETWORKS
    }
    return _networks(engines, TorchArrays("cuda", DTYPES[facts["precision"]]), facts)


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what `networks.json` says.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is not complete. Names the file.
    """
    path = folder / CARD
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file: export the model first")
    facts: dict[str, Any] = read_json(path)
    missing = [key for key in (*_SIZES, "precision") if key not in facts]
    if missing:
        raise ValueError(f"{path}: {missing} missing")
    return facts


def _networks(engines: dict[str, Any], arrays: Arrays, facts: dict[str, Any]) -> Networks:
    known = {key: facts[key] for key in _SIZES}
    shapes = {name: tuple(shape) for name, shape in known.pop("shapes").items()}
    return Networks(**engines, arrays=arrays, shapes=shapes, **known)
