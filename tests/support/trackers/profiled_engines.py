"""TensorRT engines on a machine without a GPU: PyTorch, with the profiles of a build."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from trackers.engines import tensorrt_engine, torch_engine
from trackers.engines.card import CARD
from trackers.engines.tensorrt_build import profile_shapes
from trackers.engines.tensorrt_engine import fitting_profile
from trackers.engines.tensorrt_library import PLATFORM_KEYS
from trackers.sam2.modules import example_inputs, input_names, modules, object_inputs, sizes


@contextmanager
def profiled_engines(model, folder, profiles, calls):
    """Let the engines in a folder be those of a SAM 2 model, which accept some profiles only.

    Args:
        folder: Folder of the engines, filled with JSON files only.
        profiles: Profiles of a build.
        calls: Network and number of objects of each call; added to.
    """
    networks, known = modules(model), {}
    for name, module in networks.items():
        path = folder / f"{name}.onnx"
        layouts = _layouts(model, module)
        path.with_name(f"{name}.onnx.json").write_text(json.dumps({"inputs": layouts}))
        known[name] = [profile_shapes(path, layouts, each) for each in profiles]
        facts = dict.fromkeys(("sha256", "onnx_sha256", *PLATFORM_KEYS), "")
        facts |= {"profiles": known[name], "inputs": layouts, "metadata": {}}
        path.with_name(f"{name}.engine.json").write_text(json.dumps(facts))
        path.with_name(f"{name}.engine").touch()
    (folder / CARD).write_text(json.dumps(sizes(model) | {"precision": "fp32"}))
    arrays = torch_engine.TorchArrays()

    def open_engine(path, onnx):
        name = path.stem
        engine = torch_engine.TorchEngine(networks[name], arrays)

        def run(**inputs):
            shapes = {key: list(each.shape) for key, each in inputs.items()}
            fitting_profile(path, known[name], shapes)
            rows = object_inputs(networks[name])
            calls.append((name, len(inputs[rows[0]]) if rows else 1))
            return engine(**inputs)

        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensorrt_engine, "TensorrtEngine", open_engine)
        patch.setattr(torch_engine, "TorchArrays", lambda device, dtype: arrays)
        yield


def _layouts(model, module):
    """Return the inputs of a network as the JSON file beside an ONNX file describes them."""
    found = {}
    for name in input_names(module):
        array = example_inputs(model, 2)[name]
        shape = list(array.shape)
        if name in object_inputs(module):
            shape[0] = "objects"
        if name in ("points", "labels"):
            shape[1] = "points"
        found[name] = {"type": str(array.dtype), "shape": shape}
    return found
