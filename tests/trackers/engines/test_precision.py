"""Networks in a low precision: what the conversion rewrites."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from trackers.engines import precision


def upscaling(kernel, **attributes):
    """A network that upscales x (1, 3, 4, 5) with a transposed convolution."""
    random = np.random.default_rng(0)
    weights = {"w": (3, 2, kernel, kernel), "b": (2,)}
    sizes = {"kernel_shape": [kernel, kernel], "strides": [2, 2]} | attributes
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node("ConvTranspose", ["x", "w", "b"], ["scaled"], **sizes),
                helper.make_node("Relu", ["scaled"], ["y"]),
            ],
            "upscaling",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 5])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, None, None])],
            [
                numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)
                for name, shape in weights.items()
            ],
        ),
        opset_imports=[helper.make_opsetid("", 22)],
        ir_version=10,
    )


def run(model):
    image = np.random.default_rng(1).normal(size=(1, 3, 4, 5)).astype(np.float32)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": image})[0]


def operators(model):
    return [node.op_type for node in model.graph.node]


def test_a_transposed_convolution_without_overlap_becomes_a_convolution():
    rewritten = precision.without_transposed_convolutions(upscaling(2))
    assert operators(rewritten) == ["Conv", "DepthToSpace", "Relu"]
    np.testing.assert_allclose(run(rewritten), run(upscaling(2)), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("kernel", "attributes"), [(3, {}), (2, {"pads": [1, 1, 1, 1]})])
def test_other_transposed_convolutions_stay(kernel, attributes):
    model = upscaling(kernel, **attributes)
    assert operators(precision.without_transposed_convolutions(model)) == ["ConvTranspose", "Relu"]


@pytest.mark.parametrize(("low_type", "stays"), [("fp16", True), ("bf16", False)])
def test_they_are_rewritten_in_bfloat16_only(low_type, stays):
    low = precision.lower(upscaling(2), low_type, ())
    onnx.checker.check_model(low, full_check=True)
    assert ("ConvTranspose" in operators(low)) == stays
