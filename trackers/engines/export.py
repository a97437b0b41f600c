"""Export a PyTorch module to an ONNX file, with a JSON file beside it that describes it."""

from __future__ import annotations

import gc
import logging
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from datasets.io.files import replacing, sha256, write_json
from trackers.engines.precision import lower
from trackers.engines.runner import PRECISIONS

OPSET = 22  # the first with bfloat16 convolutions, and the last before the operator `Attention`,
# which ONNX Runtime rejects if its mask is the same for all queries


@dataclass(frozen=True)
class Signature:
    """The inputs of a module.

    Args:
        inputs: An example of each input; a dynamic axis may have any length above 1.
        dynamic: For each input with dynamic axes, the name of each by its number. Axes of the same
            name have the same length.
        exact: Inputs that stay float32 in every precision: positions and times.
        opset: Version of the ONNX operators.
    """

    inputs: Mapping[str, Tensor]
    dynamic: Mapping[str, Mapping[int, str]]
    exact: Collection[str] = ()
    opset: int = OPSET


def export_onnx(
    module: nn.Module, signature: Signature, output: Path, precision: str, origin: Mapping[str, str]
) -> None:
    """Write a module as ONNX in one precision; operators that need float32 keep it.

    Args:
        module: Module whose attribute `outputs` holds the names of its outputs.
        output: Path of the `.onnx` file; the JSON file has the same name with `.json` appended.
        precision: `fp32`, `fp16` or `bf16`.
        origin: Origin of the weights, written to the JSON.

    Raises:
        ValueError: The precision is unknown, or an output has the name of an input, which ONNX does
            not allow.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision: expected one of {PRECISIONS}, found {precision!r}")
    both = set(signature.inputs) & set(_outputs(module))
    if both:
        raise ValueError(
            f"{output}: expected inputs and outputs of different names, found both {sorted(both)}"
        )
    model = _trace(module, signature)
    save_network(model, output, precision, signature.exact, origin)


def save_network(
    model: onnx.ModelProto,
    output: Path,
    precision: str,
    exact: Collection[str],
    origin: Mapping[str, str],
) -> None:
    """Write a float32 model in one precision, with its JSON file.

    Args:
        exact: Inputs that stay float32 in every precision.
        output, precision, origin: As in `export_onnx`.

    Raises:
        ValueError: The model has branches or loops, and the precision is not `fp32`.
    """
    if precision != "fp32":
        model = lower(model, precision, exact)
    onnx.checker.check_model(model, full_check=True)
    with replacing(output) as part:
        onnx.save(model, part)
    write_json(facts_path(output), _facts(output, model, precision) | dict(origin))


def facts_path(path: Path) -> Path:
    """Return the path of the JSON file that describes a network file."""
    return path.with_name(path.name + ".json")


def _outputs(module: nn.Module) -> list[str]:
    names: Any = module.outputs
    return list(names)


def _trace(module: nn.Module, signature: Signature) -> onnx.ModelProto:
    sizes = sorted({name for axes in signature.dynamic.values() for name in axes.values()})
    dims = {name: torch.export.Dim(name, min=1, max=1024) for name in sizes}
    shapes = {
        name: {axis: dims[size] for axis, size in signature.dynamic.get(name, {}).items()} or None
        for name in signature.inputs
    }
    inputs = dict(signature.inputs)
    with torch.no_grad(), _quiet(), _uncollected():
        program = torch.export.export(
            module.eval(), (), kwargs=inputs, dynamic_shapes=shapes, strict=False
        )
        exported = torch.onnx.export(
            program,
            dynamo=True,
            opset_version=signature.opset,
            input_names=list(inputs),
            output_names=_outputs(module),
            verbose=False,
        )
    assert exported is not None
    model = exported.model_proto
    _name_sizes(model, signature)
    _remove_traces(model)
    return model


def _name_sizes(model: onnx.ModelProto, signature: Signature) -> None:
    """Name the dynamic axes as in the signature, also within sums of them."""
    names = {}
    for value in model.graph.input:
        for axis, name in signature.dynamic.get(value.name, {}).items():
            names[value.type.tensor_type.shape.dim[axis].dim_param] = name
    for value in [*model.graph.input, *model.graph.output]:
        for size in value.type.tensor_type.shape.dim:
            if size.dim_param:
                size.dim_param = re.sub(r"[a-z]\w*", lambda found: names[found[0]], size.dim_param)
    model.graph.ClearField("value_info")


def _remove_traces(model: onnx.ModelProto) -> None:
    """Remove the source locations of the operators."""
    graph = model.graph
    for each in [*graph.node, *graph.input, *graph.output, *graph.initializer]:
        each.ClearField("metadata_props")
        each.ClearField("doc_string")
    model.ClearField("metadata_props")
    graph.ClearField("metadata_props")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter's messages about its own deprecations and searches."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _uncollected() -> Iterator[None]:
    """Disable garbage collection, which would repeatedly scan the many objects of a trace."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _facts(path: Path, model: onnx.ModelProto, precision: str) -> dict[str, Any]:
    return {
        "sha256": sha256(path),
        "torch": torch.__version__,
        "opset": model.opset_import[0].version,
        "precision": precision,
        "inputs": {value.name: _layout(value) for value in model.graph.input},
        "outputs": {value.name: _layout(value) for value in model.graph.output},
        "metadata": {each.key: each.value for each in model.metadata_props},
    }


def _layout(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    return {
        "type": onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
        "shape": [size.dim_param or size.dim_value for size in tensor.shape.dim],
    }
