"""Single networks: converted from any ONNX file, built for TensorRT, opened on each engine.

There is no TensorRT here: a fake library builds, and the ONNX file that an engine was built from
runs in its place.
"""

from __future__ import annotations

import json
import sys
from typing import ClassVar

import numpy as np
import onnx
import pytest
import torch
import yaml
from onnx import TensorProto, helper

from tests.support.trackers import fake_tensorrt
from tests.support.trackers.exported_detectors import (
    BOXES,
    SCORES,
    detect,
    load,
)
from tests.trackers.detectors.test_exports import READ
from trackers.appearance import convert as embedders
from trackers.appearance.embedder import load_embedder
from trackers.detectors import convert as detectors
from trackers.detectors.detector import load_detector
from trackers.engines import tensorrt_engine, tensorrt_library, torch_engine
from trackers.engines.onnx_engine import OnnxEngine
from trackers.engines.tensorrt_build import AxisRange, BuildFlags
from trackers.engines.tensorrt_engine import fitting_profile
from trackers.engines.tensorrt_library import described_inputs, read_engine_facts
from trackers.networks import build
from trackers.networks.runner import NetworkRunner


class StandIn:
    """Runs the ONNX file of an engine, and accepts the shapes that the engine accepts."""

    calls: ClassVar[list[int]] = []

    def __init__(self, path, source, device):
        facts = read_engine_facts(path)
        self.inputs, self.metadata = described_inputs(facts["inputs"]), facts["metadata"]
        self._path, self._profiles, self._engine = path, facts["profiles"], OnnxEngine(source)

    def __call__(self, **inputs):
        shapes = {name: list(each.shape) for name, each in inputs.items()}
        fitting_profile(self._path, self._profiles, shapes)
        self.calls.append(len(next(iter(inputs.values()))))
        outputs = self._engine(**{name: each.numpy() for name, each in inputs.items()})
        return {name: torch.tensor(each) for name, each in outputs.items()}


@pytest.fixture
def tensorrt(monkeypatch):
    """A fake TensorRT that builds, with an engine on the CPU in place of those on a GPU."""
    on_cpu = torch_engine.TorchArrays("cpu")
    facts = {"gpu": "none", "compute_capability": "9.0", "driver": "580"}
    monkeypatch.setitem(sys.modules, "tensorrt", fake_tensorrt.library())
    monkeypatch.setattr(tensorrt_library, "identify_gpu", lambda: facts)
    monkeypatch.setattr(tensorrt_engine, "TensorrtEngine", StandIn)
    monkeypatch.setattr(torch_engine, "TorchArrays", lambda device: on_cpu)
    monkeypatch.setattr(StandIn, "calls", [])


def run(module, monkeypatch, *flags):
    monkeypatch.setattr(sys, "argv", ["program", *map(str, flags)])
    module.main()


KINDS = (
    "v8, no card, dynamic",
    "v8, dynamic NHWC",
    "v8, batch",
    "v8, uint8",
    "26, masks",
    "YOLOX",
    "D-FINE",
    "PaddleDetection",
)


@pytest.mark.parametrize("name", KINDS)
def test_any_detector_is_converted_and_built_and_gives_the_same_boxes(
    name, tmp_path, monkeypatch, tensorrt
):
    export = READ[name]
    load(tmp_path, export)
    card = tmp_path / ("network.onnx" if export.card is None else "card.yaml")
    for precision, tolerance in (("fp32", 1e-6), ("fp16", 2e-3)):
        folder = tmp_path / precision
        networks, built = folder / "networks.json", folder / "tensorrt" / "networks.json"
        run(
            detectors,
            monkeypatch,
            f"--card={card}",
            f"--precision={precision}",
            f"--output={networks}",
        )
        run(build, monkeypatch, f"--networks={networks}", f"--output={built}")
        for path in (folder, folder / "tensorrt"):
            found = detect(load_detector(str(path))).detections
            np.testing.assert_allclose(found.score, SCORES, atol=tolerance)
            np.testing.assert_allclose(found.box, BOXES, atol=1e-4 if precision == "fp32" else 0.1)
    assert len(StandIn.calls) == 4, "two engines, each on the plain image and on the image"
    inputs = json.loads((folder / "detect.onnx.json").read_text())["inputs"]
    assert all(isinstance(axis, int) for each in inputs.values() for axis in each["shape"])


def mean_network(path, shape):
    """Write a network that returns the mean of each channel of crops."""
    one = helper.make_tensor("one", TensorProto.FLOAT, (3, 1, 1), [1.0] * 3)
    nodes = [
        helper.make_node("Constant", [], ["one"], value=one),
        helper.make_node("Mul", ["images", "one"], ["same"]),
        helper.make_node("GlobalAveragePool", ["same"], ["means"]),
    ]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, each)
        for name, each in (("images", shape), ("means", (shape[0], 3, 1, 1)))
    ]
    graph = helper.make_graph(nodes, "mean", values[:1], values[1:])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=10), path)


@pytest.mark.parametrize(
    ("shape", "counts"),
    [
        (("n", 3, None, None), [1, 4, 4, 2]),
        ((None, 3, 8, 4), [1, 4, 4, 2]),
        ((1, 3, 8, 4), [1] * 11),
    ],
)
def test_more_crops_than_an_engine_takes_run_in_several_calls(
    shape, counts, tmp_path, monkeypatch, tensorrt
):
    mean_network(tmp_path / "mean.onnx", shape)
    keys = {"file": "mean.onnx", "size": [8, 4], "mean": 0.0, "divide": 255.0}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(keys))
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    box = np.stack([np.arange(10), np.zeros(10), np.arange(10) + 8, np.full(10, 15.0)], 1)
    expected = load_embedder(str(tmp_path / "card.yaml"))(image, box)
    networks, built = tmp_path / "fp16" / "networks.json", tmp_path / "fp16" / "tensorrt"
    convert = [f"--card={tmp_path / 'card.yaml'}", "--precision=fp16", f"--output={networks}"]
    run(embedders, monkeypatch, *convert)
    flags = [f"--networks={networks}", f"--output={built / 'networks.json'}"]
    run(build, monkeypatch, *flags, "--objects", "1:2:4")
    np.testing.assert_allclose(load_embedder(str(built))(image, box), expected, atol=1e-3)
    assert StandIn.calls == counts, "the first call measures the length of a vector"


def test_a_network_with_several_dynamic_axes_is_not_built(tmp_path):
    (tmp_path / "networks.json").write_text(json.dumps({"file": "x.onnx"}))
    facts = {"inputs": {"images": {"type": "float", "shape": ["n", 3, "height", 4]}}}
    (tmp_path / "x.onnx.json").write_text(json.dumps(facts))
    message = r"x\.onnx: expected at most one dynamic axis, found \['height', 'n'\]"
    with pytest.raises(ValueError, match=message):
        build.build_network(tmp_path, tmp_path / "t", [AxisRange(1, 1, 1)], BuildFlags())


def test_a_device_that_the_engine_of_a_file_lacks_is_rejected(tmp_path, monkeypatch):
    keys = {"layout": "yolox", "classes": ["person"], "size": [64, 64]}
    card = tmp_path / "card.yaml"
    for file, runner, message in (
        ("x.engine", NetworkRunner("cpu"), r"x\.engine: device: expected 'cuda' with TensorRT"),
        ("x.onnx", NetworkRunner(precision="bf16"), r"x\.onnx: expected no precision, which is"),
        ("x.engine", NetworkRunner(precision="fp16"), r"x\.engine: expected no precision"),
    ):
        card.write_text(yaml.safe_dump(keys | {"file": file}))
        with pytest.raises(ValueError, match=message):
            load_detector(str(card), runner)


def test_a_checkpoint_of_another_network_is_rejected(tmp_path):
    torch.save({"model": {"conv.weight": torch.zeros(1)}}, tmp_path / "yolov5s.pt")
    keys = {"file": "yolov5s.pt", "layout": "yolox", "classes": ["person"], "size": [64, 64]}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(keys))
    message = r"yolov5s\.pt: expected a checkpoint of a YOLOX, .*; export other networks to ONNX"
    with pytest.raises(ValueError, match=message):
        load_detector(str(tmp_path / "card.yaml"))
