"""Checkpoints made of official ONNX files, in which batch normalisations are fused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from trackers.appearance.osnet import Osnet
from trackers.detectors.yolox import Yolox


def official_nano(path: Path) -> Yolox:
    """Return YOLOX-nano with the weights of an official ONNX file."""
    network = Yolox("nano", 80).eval()
    _fill(network, path, torch.zeros(1, 3, 64, 64), list)
    return network


def official_osnet(path: Path) -> Osnet:
    """Return OSNet x0.25 with the weights of an ONNX file that Torchreid exported."""
    network = Osnet("x0_25").eval()
    arrays = _fill(network, path, torch.zeros(1, 3, 64, 32), _gates_after_streams)
    state = {name: each for name, each in network.state_dict().items() if name in arrays}
    network.load_state_dict({name: torch.tensor(arrays[name]) for name in state}, strict=False)
    return network


def _fill(
    network: torch.nn.Module,
    path: Path,
    example: torch.Tensor,
    reorder: Callable[[list[str]], Iterable[str]],
) -> dict[str, object]:
    """Set the convolutions of a network, and return the arrays of the file by name.

    Args:
        reorder: Returns the names of the convolutions, given in order of execution, in the order of
            the file.
    """
    order: list[str] = []
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: order.append(name))
    network(example)
    graph = onnx.load(path).graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    with torch.no_grad():
        for name, node in zip(reorder(order), nodes, strict=True):
            _set(network, name, *(torch.tensor(arrays[key]) for key in node.input[1:]))
    return arrays


def _set(
    network: torch.nn.Module, name: str, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> None:
    """Set a convolution; the bias is that of the batch normalisation after it, if it has none."""
    convolution = network.get_submodule(name)
    convolution.weight.copy_(weight)
    if bias is None:
        return
    if convolution.bias is not None:
        convolution.bias.copy_(bias)
        return
    after = network.get_submodule(f"{name.rpartition('.')[0]}.bn")
    after.bias.copy_(bias)
    after.running_var.fill_(1 - after.eps)


def _gates_after_streams(order: list[str]) -> list[str]:
    """Return the convolutions of each block with the gates after all streams, as in Torchreid."""

    def key(item: tuple[int, str]) -> tuple[int, int]:
        _, name = item
        block = ".".join(name.split(".")[:2])
        first = next(n for n, each in enumerate(order) if f"{each}.".startswith(f"{block}."))
        late = 2 if ".conv3." in name[len(block) :] or ".downsample." in name else 0
        return first, 1 if ".gate." in name else late

    return [name for _, name in sorted(enumerate(order), key=key)]
