"""Tiny detection networks as ONNX files, in the forms that exporters write.

A network has constant outputs except for some scores, which are the colour of one pixel of its
input as shares of red, green and blue: a wrong type, order or scale of the input gives wrong
scores. That pixel is on the image however the image is fitted to the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from trackers.engines.card import IMAGENET_DEVIATION, IMAGENET_MEAN

HEIGHT, WIDTH = 64, 96  # of the input
_PIXEL = (24, 32)  # row and column
_STRIDES = (8, 16, 32)
_OPSET, _IR_VERSION = 17, 10
_SPLIT_OPSET = 13  # the first in which the sizes of Split are an input


@dataclass(frozen=True)
class Output:
    """An output of a network.

    Args:
        array: Its values.
        scores: Indices of scores in it, and the number of the colour that each one is.
        dtype: Type, if not that of the array.
        times: Name of an input of two numbers, by which columns 0 and 2, 1 and 3 are multiplied.
    """

    array: np.ndarray
    scores: Mapping[tuple[int, ...], int] = field(default_factory=dict)
    dtype: Any = None
    times: str | None = None


@dataclass(frozen=True)
class Image:
    """The image input of a network.

    Args:
        shape: Shape; strings are dynamic axes.
        dtype: Type.
        mean, divide: Numbers that were subtracted from the pixels and that divided them.
        blue_first: Whether the channels are in the order BGR.
    """

    shape: tuple[int | str, ...] = (1, 3, HEIGHT, WIDTH)
    dtype: Any = np.float32
    mean: float | Many[float] = 0.0
    divide: float | Many[float] = 255.0
    blue_first: bool = False


PLAIN = Image()


def write_network(
    path: Path,
    outputs: Many[Output],
    image: Image = PLAIN,
    further: Mapping[str, tuple[Any, tuple[int, ...]]] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a network.

    Args:
        further: Type and shape of further inputs.
        metadata: Properties of the file.
    """
    constants: list[TensorProto] = []
    nodes = _colour(image, constants)
    results = []
    for number, output in enumerate(outputs):
        nodes += _scattered(f"output{number}", output, constants)
        dtype = output.dtype or output.array.dtype
        results.append((f"output{number}", dtype, [None] * output.array.ndim))
    inputs = [("images", image.dtype, [*image.shape])]
    inputs += [(name, *each) for name, each in (further or {}).items()]
    graph = helper.make_graph(
        nodes,
        "detector",
        [_value(*each) for each in inputs],
        [_value(*each) for each in results],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, path)


def _value(name: str, dtype: Any, shape: Many[Any]) -> onnx.ValueInfoProto:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, shape)


def _colour(image: Image, constants: list[TensorProto]) -> list[onnx.NodeProto]:
    """Return the nodes that compute `colour`, (3,) float32 in the order red, green, blue."""
    row, column = _PIXEL
    last = image.shape[-1] == 3
    start = [row, column] if last else [0, row, column]
    axes = [0, 1] if last else [0, 1, 2]
    if len(image.shape) == 4:
        start, axes = [0, *start], [0, *(axis + 1 for axis in axes)]
    end = [each + 1 for each in start]
    if not last:
        end[-3] = 3
    order = [2, 1, 0] if image.blue_first else [0, 1, 2]
    for name, values in (
        ("start", np.array(start)),
        ("end", np.array(end)),
        ("axes", np.array(axes)),
        ("flat", np.array([3])),
        ("order", np.array(order)),
        ("mean", np.broadcast_to(np.float32(image.mean), 3).copy()),
        ("divide", np.broadcast_to(np.float32(image.divide), 3).copy()),
        ("full", np.float32([255.0])),
    ):
        constants.append(numpy_helper.from_array(values, name))
    return [
        helper.make_node("Slice", ["images", "start", "end", "axes"], ["pixel"]),
        helper.make_node("Cast", ["pixel"], ["pixel32"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["pixel32", "flat"], ["vector"]),
        helper.make_node("Mul", ["vector", "divide"], ["multiplied"]),
        helper.make_node("Add", ["multiplied", "mean"], ["value"]),
        helper.make_node("Div", ["value", "full"], ["share"]),
        helper.make_node("Gather", ["share", "order"], ["colour"]),
    ]


def _scattered(name: str, output: Output, constants: list[TensorProto]) -> list[onnx.NodeProto]:
    """Return the nodes that compute an output."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(output.dtype or output.array.dtype))
    constants.append(numpy_helper.from_array(output.array, f"{name}.array"))
    if output.times:
        return [
            helper.make_node("Concat", [output.times] * 2, [f"{name}.factors"], axis=1),
            helper.make_node("Cast", [f"{name}.factors"], [f"{name}.times"], to=kind),
            helper.make_node("Mul", [f"{name}.array", f"{name}.times"], [name]),
        ]
    if not output.scores:
        return [helper.make_node("Cast", [f"{name}.array"], [name], to=kind)]
    indices, colours = np.array([*output.scores]), np.array([*output.scores.values()])
    constants.append(numpy_helper.from_array(indices, f"{name}.indices"))
    constants.append(numpy_helper.from_array(colours, f"{name}.colours"))
    updates = f"{name}.updates"
    return [
        helper.make_node("Gather", ["colour", f"{name}.colours"], [updates]),
        helper.make_node(
            "ScatterND", [f"{name}.array", f"{name}.indices", updates], [f"{name}.full"]
        ),
        helper.make_node("Cast", [f"{name}.full"], [name], to=kind),
    ]


def rows(boxes: np.ndarray, middle: Many[float], columns: int) -> Output:
    """Return (1, 12, columns): boxes, further columns, and one score per row in the next columns.

    The score of row k is colour k, in the k-th column after `middle`; the other rows are zero.
    """
    array = np.zeros((1, 12, columns), np.float32)
    array[0, : len(boxes), :4] = boxes
    first = 4 + len(middle)
    array[0, : len(boxes), 4:first] = middle
    return Output(array, {(0, k, first + k): k for k in range(len(boxes))})


def transposed(output: Output) -> Output:
    """Return an output with its last two axes exchanged."""
    scores = {(image, column, row): k for (image, row, column), k in output.scores.items()}
    return Output(np.ascontiguousarray(output.array.swapaxes(1, 2)), scores, output.dtype)


def repeated(output: Output, batch: int) -> Output:
    """Return an output for several images, of which only the first has scores."""
    return Output(np.repeat(output.array, batch, axis=0), output.scores, output.dtype)


def centred(corners: np.ndarray) -> np.ndarray:
    """Return centre and size (N, 4) of boxes given by corners."""
    return np.concatenate(
        [(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], 1
    )


def yolox_rows(corners: np.ndarray, *, decoded: bool) -> Output:
    """Return YOLOX's (1, 126, 8): box k in the k-th cell of stride 8, with objectness 1."""
    cells, stride = _cells(HEIGHT, WIDTH)
    box = np.zeros((len(cells), 4))
    box[:, :2] = (cells + 0.5) * stride
    box[:, 2:] = stride
    box[: len(corners)] = centred(corners)
    if not decoded:
        box = np.concatenate([box[:, :2] / stride - cells, np.log(box[:, 2:] / stride)], 1)
    array = np.zeros((1, len(cells), 8), np.float32)
    array[0, :, :4] = box
    array[0, : len(corners), 4] = 1
    return Output(array, {(0, k, 5 + k): k for k in range(len(corners))})


def _cells(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the column and row of YOLOX's cells (N, 2), and their stride (N, 1)."""
    cells = [
        (column, row, stride)
        for stride in _STRIDES
        for row in range(height // stride)
        for column in range(width // stride)
    ]
    return np.array(cells)[:, :2], np.array(cells)[:, 2:]


def decode_yolox(source: Path, path: Path, side: int) -> None:
    """Write a YOLOX network with the decoding of its boxes in the graph.

    Args:
        side: Height and width of the input.
    """
    model, names = onnx.load(source), ("cells", "strides")
    output = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = ["raw" if name == output else name for name in node.output]
    for name, values in zip(names, _cells(side, side), strict=True):
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    sizes = numpy_helper.from_array(np.array([2, 2, 81]), "sizes")
    model.graph.initializer.append(sizes)
    model.graph.node.extend(
        [
            helper.make_node("Split", ["raw", "sizes"], ["centre", "extent", "scores"], axis=2),
            helper.make_node("Add", ["centre", "cells"], ["moved"]),
            helper.make_node("Mul", ["moved", "strides"], ["centre_px"]),
            helper.make_node("Exp", ["extent"], ["ratio"]),
            helper.make_node("Mul", ["ratio", "strides"], ["extent_px"]),
            helper.make_node("Concat", ["centre_px", "extent_px", "scores"], [output], axis=2),
        ]
    )
    _save(model, path)


def normalise_yolox(source: Path, path: Path) -> None:
    """Write a YOLOX network that takes RGB with ImageNet's normalisation, as those of 2021."""
    model = onnx.load(source)
    name = model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = ["bgr" if each == name else each for each in node.input]
    for constant, values in (("deviation", IMAGENET_DEVIATION), ("mean", IMAGENET_MEAN)):
        array = np.array(values, np.float32).reshape(1, 3, 1, 1)
        model.graph.initializer.append(numpy_helper.from_array(array, constant))
    model.graph.initializer.append(numpy_helper.from_array(np.array([2, 1, 0]), "reverse"))
    first = [
        helper.make_node("Mul", [name, "deviation"], ["scaled"]),
        helper.make_node("Add", ["scaled", "mean"], ["rgb"]),
        helper.make_node("Gather", ["rgb", "reverse"], ["bgr"], axis=1),
    ]
    nodes = [*first, *model.graph.node]
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)
    _save(model, path)


def _save(model: onnx.ModelProto, path: Path) -> None:
    model.opset_import[0].version = _SPLIT_OPSET
    onnx.save(model, path)
