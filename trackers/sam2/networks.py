"""The networks of a SAM 2 model on an engine.

PyTorch is imported only where it runs them.
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
_BATCHED = ("track", "track_partial", "memorize")  # they take all objects of a frame at once
_CONCURRENT = "encode"  # runs while another thread makes the memories of the previous frame
_SIZES = ("image_size", "memories", "pointers", "shapes", "pointer_width")


def on_torch(model: SAM2Base, arrays: TorchArrays, mode: str = "eager") -> Networks:
    """Return the networks of a model on PyTorch; for `mode` see `TorchEngine`."""
    from trackers.engines.torch_engine import TorchEngine
    from trackers.sam2.modules import modules, sizes

    engines = {name: TorchEngine(module, arrays, mode) for name, module in modules(model).items()}
    return _networks(engines, arrays, sizes(model))


def on_onnxruntime(folder: Path, device: str = "cpu", threads: int = 0) -> Networks:
    """Return the exported networks in a folder on ONNX Runtime; raises as `open_onnx`.

    Args:
        device: `cpu` or `cuda`.
        threads: Number of threads that compute; 0 for one per core.
    """
    read_facts(folder, _SIZES)
    threads = threads or usable_cores()
    by_name = dict.fromkeys(NETWORKS, threads) | {_CONCURRENT: max(1, threads - 1)}
    return _from_folder(
        open_onnx(folder, NETWORKS, device, by_name, dict.fromkeys(_BATCHED, "objects"))
    )


def on_tensorrt(folder: Path, onnx: Path) -> Networks:
    """Return the built engines in a folder on TensorRT; raises as `open_tensorrt`.

    Args:
        onnx: The folder of the ONNX files they were built from.
    """
    read_facts(folder, _SIZES)
    return _from_folder(open_tensorrt(folder, onnx, NETWORKS))


def _from_folder(opened: NetworkFolder) -> Networks:
    return _networks(opened.engines, opened.arrays, opened.facts)


def _networks(engines: Mapping[str, Engine], arrays: Arrays, facts: Mapping[str, Any]) -> Networks:
    known = {key: facts[key] for key in _SIZES}
    shapes = {name: tuple(shape) for name, shape in known.pop("shapes").items()}
    by_name: dict[str, Any] = dict(engines)
    return Networks(**by_name, arrays=arrays, shapes=shapes, **known)
