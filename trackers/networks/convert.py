"""Convert any ONNX network: fixed shapes, one precision, and a JSON file that describes it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, version_converter
from onnx.checker import ValidationError
from onnx.shape_inference import InferenceError

from datasets.io.files import sha256, write_json
from trackers.engines.card import CARD, replace_networks
from trackers.engines.export import OPSET, save_network
from trackers.engines.runner import PRECISIONS

Shapes = Mapping[str, Sequence[int | str]]
_CONSTANTS: Mapping[str, type[np.generic] | None] = {
    # attributes of the operator Constant, and the type of their numbers
    "value": None,
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}


def convert_from_arguments(
    description: str, convert: Callable[[Path, Path, str], dict[str, Any]]
) -> None:
    """Convert the network of a card to a folder, as command line arguments say.

    Args:
        description: Description of the program.
        convert: Writes the network of a card to a folder in a precision, and returns the content of
            the card there.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--card", type=Path, required=True, help="network card, or an ONNX file")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--output", type=Path, required=True, help=f".../{CARD} to write")
    args = parser.parse_args()
    if args.output.name != CARD:
        parser.error(f"--output: expected .../{CARD}, found {args.output.name}")
    with replace_networks(args.output.parent) as part:
        card = convert(args.card, part, args.precision)
        origin = {"card": str(args.card), "card_sha256": sha256(args.card)}
        write_json(part / CARD, card | {"origin": origin})


def convert_network(source: Path, shapes: Shapes, output: Path, precision: str) -> None:
    """Write a network in one precision; its inputs keep their types.

    Args:
        source: ONNX file, whose metadata is kept.
        shapes: Shape of each input; a string names a dynamic axis.
        output: Path of the `.onnx` file; the JSON file has the same name with `.json` appended.
        precision: `fp32`, `fp16` or `bf16`.

    Raises:
        ValueError: The network is not of float32, or has branches or loops, and cannot be
            converted. Names the file.
    """
    model = _load(source, precision)
    _constants_to_weights(model.graph)
    kinds = {each.data_type for each in model.graph.initializer if np.prod(each.dims) > 1}
    if onnx.TensorProto.FLOAT not in kinds:
        raise ValueError(
            f"{source}: expected weights of float32, found "
            f"{sorted(onnx.TensorProto.DataType.Name(kind).lower() for kind in kinds)}"
        )
    weights = {each.name for each in model.graph.initializer}
    for value in model.graph.input:
        if value.name not in weights:
            _set_shape(value, shapes[value.name])
    model.graph.ClearField("value_info")
    model = onnx.shape_inference.infer_shapes(model)
    origin = {"source": str(source), "source_sha256": sha256(source)}
    try:
        save_network(model, output, precision, [*shapes], origin)
    except (ValueError, ValidationError, InferenceError) as error:
        raise ValueError(f"{source}: cannot be converted to {precision}: {error}") from error


def _load(source: Path, precision: str) -> onnx.ModelProto:
    """Return a model; for bfloat16 with operators of a version that has it.

    Raises:
        ValueError: An operator of the model cannot be converted to that version.
    """
    model = onnx.load(source)
    versions = {each.domain: each.version for each in model.opset_import}
    if precision != "bf16" or versions.get("", OPSET) >= OPSET:
        return model
    try:
        return version_converter.convert_version(model, OPSET)
    except (RuntimeError, version_converter.ConvertError) as error:
        raise ValueError(
            f"{source}: cannot be converted to opset {OPSET}, the first with bfloat16: {error}"
        ) from error


def _constants_to_weights(graph: onnx.GraphProto) -> None:
    """Replace operators that return a constant by weights, which have a type of their own."""
    nodes = [*graph.node]
    graph.ClearField("node")
    for node in nodes:
        if node.op_type == "Constant" and node.attribute[0].name in _CONSTANTS:
            value = helper.get_attribute_value(node.attribute[0])
            kind = _CONSTANTS[node.attribute[0].name]
            array = numpy_helper.to_array(value) if kind is None else np.array(value, kind)
            graph.initializer.append(numpy_helper.from_array(array, node.output[0]))
        else:
            graph.node.append(node)


def _set_shape(value: onnx.ValueInfoProto, shape: Sequence[int | str]) -> None:
    for axis, length in zip(value.type.tensor_type.shape.dim, shape, strict=True):
        if isinstance(length, str):
            axis.dim_param = length
        else:
            axis.dim_value = length
