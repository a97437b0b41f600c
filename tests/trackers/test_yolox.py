"""Our YOLOX holds the weights of the official one and answers what it answers."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from trackers.detectors.yolox import SIZES, Yolox
from trackers.engines.onnx_engine import OnnxEngine


def fill(network: Yolox, path) -> None:
    """Give a network the weights of an exported one, whose normalisations are in its convolutions.

    Both meet their convolutions in the same order.
    """
    order: list[str] = []
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: order.append(name))
    network(torch.zeros(1, 3, 64, 64))
    graph = onnx.load(path).graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    modules = dict(network.named_modules())
    with torch.no_grad():
        for name, node in zip(order, nodes, strict=True):
            weight, bias = (torch.tensor(arrays[key]) for key in node.input[1:])
            modules[name].weight.copy_(weight)
            if modules[name].bias is not None:
                modules[name].bias.copy_(bias)
                continue
            after = modules[name.removesuffix("conv") + "bn"]
            after.bias.copy_(bias)
            after.running_var.fill_(1 - after.eps)


def test_the_official_nano_is_answered_as_by_its_own_file(shared):
    path = shared / "weights" / "yolox_nano.onnx"
    network = Yolox("nano", 80).eval()
    fill(network, path)
    images = np.random.default_rng(0).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)
    expected = OnnxEngine(path)(images=images)["output"]
    with torch.no_grad():
        found = network(torch.tensor(images))[0].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "millions"),
    [("nano", 0.91), ("tiny", 5.06), ("s", 8.97), ("m", 25.3), ("l", 54.2), ("x", 99.1)],
)
def test_the_sizes_have_as_many_weights_as_published(size, millions):
    with torch.device("meta"):
        network = Yolox(size, 80)
    assert sum(each.numel() for each in network.parameters()) / 1e6 == pytest.approx(
        millions, rel=5e-3
    )


def test_there_is_a_size_for_every_official_checkpoint():
    assert set(SIZES) == {"nano", "tiny", "s", "m", "l", "x"}
