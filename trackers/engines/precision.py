"""A float32 network → one of float16 or bfloat16, with islands of float32 where that is needed.

Every array has one type, and casts stand where two types meet, so that a strongly typed engine does
what is written. Each operator is of one of these kinds:

- matrix products and convolutions are always in the low precision;
- normalisations run in float32, and what leaves them is low again: it is near 1;
- sines, squares, roots, means and what was counted start an island of float32, which reaches over
  all operators behind them up to the next product.

What no island reaches is low.
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
_FIRST_ONLY = {"Resize"}  # the others of its inputs are sizes
_WITH_BODY = {"If", "Loop", "Scan"}


def lower(model: onnx.ModelProto, precision: str, exact: Collection[str]) -> onnx.ModelProto:
    """Return a model in a low precision.

    Args:
        precision: `fp16` or `bf16`.
        exact: Inputs that stay float32.

    Raises:
        ValueError: The model branches or loops.
    """
    inferred = shape_inference.infer_shapes(model, data_prop=True)
    return _Lowering(inferred, _LOW[precision], exact).run()


class _Lowering:
    """One pass over the operators, in the order they run in."""

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
        self._ready: dict[tuple[str, int], str] = {}  # an array, as a type → its name
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
                self._finish(value)
        kept = [weight for name, weight in self._weights.items() if name not in self._floats]
        for field, new in (("node", self._nodes), ("initializer", kept + self._constants)):
            self._graph.ClearField(field)
            getattr(self._graph, field).extend(new)
        self._graph.ClearField("value_info")
        return self._model

    def _convert(self, node: NodeProto) -> None:
        if node.op_type in _WITH_BODY:
            raise ValueError(f"{node.name}: {node.op_type} found, expected no branches or loops")
        kind = self._kind(node)
        copy = NodeProto()
        copy.CopyFrom(node)
        for place, name in enumerate(node.input):
            if name in self._floats and not (place and node.op_type in _FIRST_ONLY):
                copy.input[place] = self._as(name, kind)
            elif name in self._floats:
                copy.input[place] = self._as(name, _FULL)
        self._nodes.append(copy)
        for name in node.output:
            if name in self._floats:
                self._types[name] = kind
        if node.op_type in _NORMALISATIONS:
            self._narrow(copy)

    def _kind(self, node: NodeProto) -> TensorProto.DataType:
        """Return the type an operator runs in."""
        if node.op_type in _PRODUCTS:
            return self._low
        starts = node.op_type in _STARTS | _NORMALISATIONS
        starts |= node.op_type == "Cast" and node.input[0] not in self._floats
        reached = any(self._types.get(name) == _FULL for name in node.input)
        return _FULL if starts or reached else self._low

    def _narrow(self, node: NodeProto) -> None:
        """Cast what an operator returns to the low precision."""
        name = node.output[0]
        node.output[0] = f"{name}.wide"
        self._nodes.append(helper.make_node("Cast", [node.output[0]], [name], to=self._low))
        self._types[name] = self._low

    def _as(self, name: str, kind: TensorProto.DataType) -> str:
        """Return the name of an array as a type, made where it is asked for the first time."""
        if self._types.get(name) == kind:
            return name
        found = self._ready.get((name, kind))
        if found is None:
            found = f"{name}.{TensorProto.DataType.Name(kind).lower()}"
            self._ready[name, kind] = found
            if name in self._weights:
                self._constants.append(_converted(self._weights[name], found, kind))
            else:
                self._nodes.append(helper.make_node("Cast", [name], [found], to=kind))
        return found

    def _finish(self, value: onnx.ValueInfoProto) -> None:
        """Let an output be of the low precision."""
        value.type.tensor_type.elem_type = self._low
        if self._types.get(value.name) == self._low:
            return
        wide = f"{value.name}.wide"
        for node in self._nodes:
            for names in (node.input, node.output):
                for place, name in enumerate(names):
                    if name == value.name:
                        names[place] = wide
        self._nodes.append(helper.make_node("Cast", [wide], [value.name], to=self._low))


def _converted(weight: TensorProto, name: str, kind: TensorProto.DataType) -> TensorProto:
    """Return a constant of float32 as another type, too large numbers as the largest there is."""
    values = numpy_helper.to_array(weight)
    if kind == TensorProto.FLOAT16:
        most = np.finfo(np.float16).max
        values = np.where(np.isinf(values), values, np.clip(values, -most, most))
    return helper.make_tensor(
        name,
        kind,
        weight.dims,
        values.astype(helper.tensor_dtype_to_np_dtype(kind)).tobytes(),
        raw=True,
    )
