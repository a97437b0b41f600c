"""The networks of a SAM 2 model on an engine.

PyTorch is imported only where it runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trackers.engines.contract import Arrays, Engine
from trackers.engines.network_folder import NetworkFolder, open_onnx, open_tensorrt, read_facts
from trackers.profiling.machine import usable_cores

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base

    from trackers.engines.torch_engine import TorchArrays

NETWORKS = ("encode", "prompt", "click", "mask_prompt", "track", "track_partial", "memorize")
_BATCHED = ("track", "track_partial", "memorize")  # they take all objects of a frame at once
_OBJECTS = "objects"  # name of their axis
_CONCURRENT = "encode"  # runs while another thread makes the memories of the previous frame
_RECORDED = 16  # objects; graphs for more are recorded during the video that has them
_SIZES = ("image_size", "memories", "pointers", "shapes", "pointer_width")


@dataclass(frozen=True)
class Networks:
    """The engines of one model, and the sizes that a session needs.

    Args:
        arrays: Where the arrays of the engines are kept.
        image_size: S, side of the model's square input image, in pixels.
        memories: Number of memories of an object, its prompt's included.
        pointers: Number of object pointers of an object, its prompt's included.
        shapes: Shapes of the arrays that make up a memory, by name.
        pointer_width: Width of an object pointer.
        max_points: Maximum number of points of a prompt, of which a box has two; None for any.
    """

    encode: Engine
    prompt: Engine
    click: Engine
    mask_prompt: Engine
    track: Engine
    track_partial: Engine
    memorize: Engine
    arrays: Arrays
    image_size: int
    memories: int
    pointers: int
    shapes: Mapping[str, tuple[int, ...]]
    pointer_width: int
    max_points: int | None = None


def on_torch(model: SAM2Base, arrays: TorchArrays, mode: str = "eager") -> Networks:
    """Return the networks of a model on PyTorch; for `mode` see `TorchEngine`.

    The mode `graphs` records the graphs for up to `_RECORDED` objects before it returns.
    """
    from trackers.engines.torch_engine import TorchEngine
    from trackers.engines.torch_graphs import Graphs
    from trackers.sam2.modules import modules, object_inputs, sizes

    graphs = Graphs()
    engines = {
        name: TorchEngine(module, arrays, mode, object_inputs(module), graphs)
        for name, module in modules(model).items()
    }
    networks = _networks(engines, arrays, sizes(model))
    if mode == "graphs":
        warm_up(networks, _RECORDED)
    return networks


def warm_up(networks: Networks, objects: int) -> None:
    """Run each network for every bucket of objects up to a number, the largest first.

    What an engine prepares for a shape, such as a graph, is then not prepared during a video.
    """
    from trackers.engines.torch_graphs import bucket

    put = networks.arrays.put
    image = np.zeros((1, networks.image_size, networks.image_size, 3), np.uint8)
    features = networks.encode(image=put(image))
    for count in sorted({bucket(number) for number in range(1, objects + 1)}, reverse=True):
        _run_each(networks, features, count)


def _run_each(networks: Networks, features: Mapping[str, Any], count: int) -> None:
    """Run each network but the encoder once, for some objects."""
    put, zeros, side = networks.arrays.put, networks.arrays.zeros, networks.image_size
    slots, pointers = (count, networks.memories), (count, networks.pointers)
    high = {name: features[name] for name in ("high0", "high1")}
    top = {"prompt_features": features["prompt_features"], **high}
    for engine, points in ((networks.click, 1), (networks.prompt, 2)):
        labels = put(np.ones((count, points), np.int64))
        engine(points=put(np.zeros((count, points, 2), np.float32)), labels=labels, **top)
    networks.mask_prompt(mask=put(np.zeros((count, side, side), np.float32)), **top)
    past = {name: zeros((*slots, *shape)) for name, shape in networks.shapes.items()} | {
        "memory_time": put(np.zeros(slots, np.int64)),
        "pointers": zeros((*pointers, networks.pointer_width)),
        "pointer_age": put(np.zeros(pointers, np.float32)),
    }
    past |= {"tokens": features["tokens"], **high}
    there = {"memory_there": np.ones(slots, bool), "pointer_there": np.ones(pointers, bool)}
    networks.track_partial(**past, **{name: put(each) for name, each in there.items()})
    found = networks.track(**past)
    networks.memorize(
        logits=found["logits"],
        presence=found["presence"],
        prompted=put(np.zeros(count, bool)),
        memory_pixels=features["memory_pixels"],
    )


def on_onnxruntime(
    folder: Path, device: str = "cpu", threads: int = 0, *, tensors: bool = False
) -> Networks:
    """Return the exported networks in a folder on ONNX Runtime; raises as `open_onnx`.

    Args:
        device: `cpu` or `cuda`.
        threads: Number of threads that compute; 0 for one per core.
        tensors: See `open_onnx`.
    """
    read_facts(folder, _SIZES)
    threads = threads or usable_cores()
    by_name = dict.fromkeys(NETWORKS, threads) | {_CONCURRENT: max(1, threads - 1)}
    shared = dict.fromkeys(_BATCHED, _OBJECTS)
    return _from_folder(open_onnx(folder, NETWORKS, device, by_name, shared, tensors=tensors))


def on_tensorrt(folder: Path, onnx: Path) -> Networks:
    """Return the built engines in a folder on TensorRT; raises as `open_tensorrt`.

    Args:
        onnx: The folder of the ONNX files they were built from.
    """
    read_facts(folder, _SIZES)
    return _from_folder(open_tensorrt(folder, onnx, NETWORKS, _OBJECTS))


def _from_folder(opened: NetworkFolder) -> Networks:
    max_points = opened.max_lengths.get("prompt", {}).get("points")
    return _networks(opened.engines, opened.arrays, opened.facts, max_points)


def _networks(
    engines: Mapping[str, Engine],
    arrays: Arrays,
    facts: Mapping[str, Any],
    max_points: int | None = None,
) -> Networks:
    known = {key: facts[key] for key in _SIZES}
    shapes = {name: tuple(shape) for name, shape in known.pop("shapes").items()}
    by_name: dict[str, Any] = dict(engines)
    return Networks(**by_name, arrays=arrays, shapes=shapes, max_points=max_points, **known)
