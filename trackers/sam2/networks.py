"""The networks of a SAM 2 model on an engine.

PyTorch is loaded only where it runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackers.engines.contract import Arrays, Engine
from trackers.engines.network_folder import NetworkFolder, open_onnx, open_tensorrt, read_facts
from trackers.profiling.machine import usable_cores
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
    """Return the networks that were exported to a folder, on ONNX Runtime; raises as `open_onnx`.

    Args:
        device: `cpu` or `cuda`.
        threads: Number of threads that compute; 0 takes one a core.
    """
    read_facts(folder, _SIZES)
    threads = threads or usable_cores()
    by_name = dict.fromkeys(NETWORKS, threads) | {_BESIDE: max(1, threads - 1)}
    return _of_folder(
        open_onnx(folder, NETWORKS, device, by_name, dict.fromkeys(_SHARED, "objects"))
    )


def on_tensorrt(folder: Path, onnx: Path) -> Networks:
    """Return the networks that were built to a folder, on TensorRT; raises as `open_tensorrt`.

    Args:
        onnx: The folder they were exported to.
    """
    read_facts(folder, _SIZES)
    return _of_folder(open_tensorrt(folder, onnx, NETWORKS))


def _of_folder(found: NetworkFolder) -> Networks:
    return _networks(found.engines, found.arrays, found.facts)


def _networks(engines: Mapping[str, Engine], arrays: Arrays, facts: Mapping[str, Any]) -> Networks:
    known = {key: facts[key] for key in _SIZES}
    shapes = {name: tuple(shape) for name, shape in known.pop("shapes").items()}
    made: dict[str, Any] = dict(engines)
    return Networks(**made, arrays=arrays, shapes=shapes, **known)
