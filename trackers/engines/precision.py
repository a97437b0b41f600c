"""Convert a float32 network to float16 or bfloat16, with islands of float32 where needed.

Every array has one explicit type, with a cast wherever two types meet, as a strongly typed engine
requires. Each operator is of one of these kinds:

- matrix products and convolutions always run in the low precision; in bfloat16, convolutions
  replace transposed ones;
- normalisations run in float32 and return the low precision, since their outputs are near 1;
- sines, squares, roots, means and casts from integers start an island of float32, which extends
  over all following operators up to the next product.

All other operators run in the low precision.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper, shape_inference

_FULL = TensorProto.FLOAT
_LOW: dict[str, TensorProto.DataType] = {"fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
_NORMALISATIONS = {"LayerNormalization", "Softmax"}
_STARTS = {
    "Cos",
    "Exp",
    "Log",
    "Pow",
    "Reciprocal",
    "ReduceMean",
    "ReduceSum",
    "Sigmoid",
    "Sin",
    "Sqrt",
}
_ONLY_FIRST_INPUT = {"Resize"}  # the other inputs are sizes
_WITH_BODY = {"If", "Loop", "Scan"}


def lower(model: onnx.ModelProto, precision: str, exact: Collection[str]) -> onnx.ModelProto:
    """Return a model converted to a low precision.

    Args:
        precision: `fp16` or `bf16`.
        exact: Inputs that stay float32.

    Raises:
        ValueError: The model has branches or loops.
    """
    if precision == "bf16":
        model = without_transposed_convolutions(model)
    inferred = shape_inference.infer_shapes(model, data_prop=True)
    return _Lowering(inferred, _LOW[precision], exact).run()


def without_transposed_convolutions(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model in which convolutions replace those transposed ones that do not overlap.

    Each output pixel of such an operator depends on one input pixel, so a 1 x 1 convolution
    computes the pixels of a block as channels, which are then moved to their places. TensorRT for
    RTX has no transposed convolutions in bfloat16.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    weights = {each.name: each for each in graph.initializer}
    old, nodes = set(weights), list[NodeProto]()
    for node in model.graph.node:
        if node.op_type == "ConvTranspose" and _is_without_overlap(node):
            nodes += _as_convolution(node, weights)
        else:
            nodes.append(node)
    graph.initializer.extend(each for name, each in weights.items() if name not in old)
    graph.ClearField("node")
    graph.node.extend(nodes)
    return changed


class _Lowering:
    """One pass over the operators of a model, in execution order."""

    def __init__(
        self, model: onnx.ModelProto, low: TensorProto.DataType, exact: Collection[str]
    ) -> None:
        self._model, self._graph, self._low = model, model.graph, low
        self._weights = {each.name: each for each in self._graph.initializer}
        values = [*self._graph.input, *self._graph.value_info, *self._graph.output]
        self._floats = {v.name for v in values if v.type.tensor_type.elem_type == _FULL}
        self._floats |= {name for name, w in self._weights.items() if w.data_type == _FULL}
        self._types: dict[str, TensorProto.DataType] = {
            value.name: _FULL for value in self._graph.input if value.name in exact
        }
        self._converted: dict[tuple[str, int], str] = {}  # array and type → name of the array
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def run(self) -> onnx.ModelProto:
        for value in self._graph.input:
            if value.name in self._floats:
                kind = self._types.setdefault(value.name, self._low)
                value.type.tensor_type.elem_type = kind
        for node in self._graph.node:
            self._convert(node)
        for value in self._graph.output:
            if value.name in self._floats:
                self._lower_output(value)
        kept = [weight for name, weight in self._weights.items() if name not in self._floats]
        for field, new in (("node", self._nodes), ("initializer", kept + self._constants)):
            self._graph.ClearField(field)
            getattr(self._graph, field).extend(new)
        self._graph.ClearField("value_info")
        return self._model

    def _convert(self, node: NodeProto) -> None:
        if node.op_type in _WITH_BODY:
            raise ValueError(f"{node.name}: expected no branches or loops, found {node.op_type}")
        kind = self._type_of(node)
        copy = self._copy(node, kind)
        for number, name in enumerate(node.input):
            if name in self._floats and not (number and node.op_type in _ONLY_FIRST_INPUT):
                copy.input[number] = self._convert_array(name, kind)
            elif name in self._floats:
                copy.input[number] = self._convert_array(name, _FULL)
        self._nodes.append(copy)
        for name in node.output:
            if name in self._floats:
                self._types[name] = kind
        if node.op_type in _NORMALISATIONS:
            self._lower_node(copy)

    def _copy(self, node: NodeProto, kind: TensorProto.DataType) -> NodeProto:
        """Return a copy of an operator; one that casts to float32 casts to the given type."""
        copy = NodeProto()
        copy.CopyFrom(node)
        if node.op_type == "Cast" and node.output[0] in self._floats:
            next(each for each in copy.attribute if each.name == "to").i = kind
        return copy

    def _type_of(self, node: NodeProto) -> TensorProto.DataType:
        """Return the type that an operator runs in."""
        if node.op_type in _PRODUCTS:
            return self._low
        starts_island = node.op_type in _STARTS | _NORMALISATIONS
        starts_island |= node.op_type == "Cast" and node.input[0] not in self._floats
        in_island = any(self._types.get(name) == _FULL for name in node.input)
        return _FULL if starts_island or in_island else self._low

    def _lower_node(self, node: NodeProto) -> None:
        """Cast the output of an operator to the low precision."""
        name = node.output[0]
        node.output[0] = f"{name}.wide"
        self._nodes.append(helper.make_node("Cast", [node.output[0]], [name], to=self._low))
        self._types[name] = self._low

    def _convert_array(self, name: str, kind: TensorProto.DataType) -> str:
        """Return the name of an array in a type; the conversion is added at the first call."""
        if self._types.get(name) == kind:
            return name
        converted = self._converted.get((name, kind))
        if converted is None:
            converted = f"{name}.{TensorProto.DataType.Name(kind).lower()}"
            self._converted[name, kind] = converted
            if name in self._weights:
                self._constants.append(_convert_weight(self._weights[name], converted, kind))
            else:
                self._nodes.append(helper.make_node("Cast", [name], [converted], to=kind))
        return converted

    def _lower_output(self, value: onnx.ValueInfoProto) -> None:
        """Convert an output of the model to the low precision."""
        value.type.tensor_type.elem_type = self._low
        if self._types.get(value.name) == self._low:
            return
        wide = f"{value.name}.wide"
        for node in self._nodes:
            for names in (node.input, node.output):
                for number, name in enumerate(names):
                    if name == value.name:
                        names[number] = wide
        self._nodes.append(helper.make_node("Cast", [wide], [value.name], to=self._low))


def _is_without_overlap(node: NodeProto) -> bool:
    """Return whether an output pixel of a transposed convolution depends on one input pixel."""
    given = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    defaults = {"group": 1, "dilations": [1, 1], "pads": [0] * 4, "output_padding": [0, 0]}
    plain = all(given.get(name, value) == value for name, value in defaults.items())
    square = len({*given["kernel_shape"], *given.get("strides", [1])}) == 1
    return plain and square and given.get("auto_pad", b"NOTSET") == b"NOTSET"


def _as_convolution(node: NodeProto, weights: dict[str, TensorProto]) -> list[NodeProto]:
    """Return operators equal to a transposed convolution; its new weights are added."""
    kernel = numpy_helper.to_array(weights[node.input[1]])  # (in, out, k, k)
    side, names = kernel.shape[-1], [f"{name}.by_pixel" for name in node.input[1:]]
    arrays: list[np.ndarray] = [kernel.transpose(1, 2, 3, 0).reshape(-1, kernel.shape[0], 1, 1)]
    if len(names) > 1:
        arrays.append(numpy_helper.to_array(weights[node.input[2]]).repeat(side**2))
    for name, array in zip(names, arrays, strict=True):
        weights[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
    channels = f"{node.output[0]}.by_pixel"
    return [
        helper.make_node("Conv", [node.input[0], *names], [channels], f"{node.name}.by_pixel"),
        helper.make_node(
            "DepthToSpace", [channels], node.output, node.name, blocksize=side, mode="CRD"
        ),
    ]


def _convert_weight(weight: TensorProto, name: str, kind: TensorProto.DataType) -> TensorProto:
    """Return a float32 constant in another type; finite values are clipped to its range."""
    values = numpy_helper.to_array(weight)
    if kind == TensorProto.FLOAT16:
        largest = np.finfo(np.float16).max
        values = np.where(np.isinf(values), values, np.clip(values, -largest, largest))
    return helper.make_tensor(
        name,
        kind,
        weight.dims,
        values.astype(helper.tensor_dtype_to_np_dtype(kind)).tobytes(),
        raw=True,
    )
