"""Files that are no ONNX network, and networks that ONNX Runtime cannot run: the error says why."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.support.messages import message_pattern
from trackers.engines.onnx_engine import OnnxEngine


def model(node, *, dtype=TensorProto.FLOAT, weights=None):
    """Return a network x (1, 4) → y with one node and the weights `w`."""
    x = helper.make_tensor_value_info("x", dtype, [1, "n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    weights = np.ones((4, 2), np.float32) if weights is None else weights
    graph = helper.make_graph([node], "g", [x], [y], [numpy_helper.from_array(weights, "w")])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10)


PRODUCT = helper.make_node("MatMul", ["x", "w"], ["y"])
WHOLE = model(PRODUCT).SerializeToString()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "found an empty file"),
        (WHOLE[: len(WHOLE) // 2], "found a file that is incomplete or no ONNX file (... bytes)"),
        (b"some text", "found a file that is incomplete or no ONNX file (9 bytes)"),
        (b"ftrt" + bytes(60), "found a TensorRT engine: name the ONNX file that it was built from"),
        (b'\x40\0\0\0{"task": "detect"}' + bytes(60), "found a TensorRT engine with a header"),
        (b"PK\x03\x04" + bytes(60), "found a PyTorch checkpoint or another archive: export"),
        (b"\x80\x02}" + bytes(60), "found a PyTorch checkpoint: export the network to ONNX"),
        (b"\x1c\0\0\0TFL3" + bytes(60), "found a TensorFlow Lite network"),
        (b'\x40\0\0\0\0\0\0\0{"__metadata__": {}}', "found a file of safetensors, which holds"),
        (b"version https://git-lfs.github.com/spec/v1\n", "found a pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "found a page of HTML or XML"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, content, kind):
    path = tmp_path / "network.onnx"
    path.write_bytes(content)
    message = f"network.onnx: expected an ONNX file, {kind}"
    with pytest.raises(ValueError, match=message_pattern(message)):
        OnnxEngine(path)


def test_missing_external_data_is_named(tmp_path):
    path = tmp_path / "network.onnx"
    large = model(PRODUCT, weights=np.ones((4, 512), np.float32))
    onnx.save(large, path, save_as_external_data=True, location="network.onnx.data")
    assert OnnxEngine(path)(x=np.ones((1, 4)))["y"].shape == (1, 512)
    (tmp_path / "network.onnx.data").unlink()
    message = "network.onnx: expected its external data ['network.onnx.data'] in the same folder"
    with pytest.raises(ValueError, match=message_pattern(message)):
        OnnxEngine(path)


def test_an_operator_that_onnx_runtime_lacks_is_named(tmp_path):
    node = helper.make_node("EfficientNMS_TRT", ["x", "w"], ["y"], domain="TRT")
    unknown = model(node)
    unknown.opset_import.append(helper.make_opsetid("TRT", 1))
    (tmp_path / "network.onnx").write_bytes(unknown.SerializeToString())
    message = "network.onnx: expected a network that ONNX Runtime can run, ...EfficientNMS_TRT"
    with pytest.raises(ValueError, match=message_pattern(message)):
        OnnxEngine(tmp_path / "network.onnx")


def test_a_network_that_fails_on_its_input_is_an_error_with_the_shapes(tmp_path):
    (tmp_path / "network.onnx").write_bytes(WHOLE)
    engine = OnnxEngine(tmp_path / "network.onnx")
    assert engine(x=np.ones((1, 4)))["y"].tolist() == [[4, 4]]
    message = "network.onnx: the network fails on {'x': (1, 5)}: "
    with pytest.raises(ValueError, match=message_pattern(message)):
        engine(x=np.ones((1, 5)))


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        (TensorProto.FLOAT, (np.float64, np.float16, np.int64, np.uint8), ()),
        (TensorProto.UINT8, (np.uint8,), (np.float32, np.int64)),
        (TensorProto.INT64, (np.int32, np.uint8), (np.float32,)),
    ],
)
def test_inputs_are_converted_only_if_that_loses_no_more_than_precision(
    tmp_path, kind, accepted, refused
):
    cast = helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)
    (tmp_path / "network.onnx").write_bytes(model(cast, dtype=kind).SerializeToString())
    engine = OnnxEngine(tmp_path / "network.onnx")
    for dtype in accepted:
        assert engine(x=np.array([[3]], dtype))["y"].tolist() == [[3]]
    for dtype in refused:
        message = f"input x: expected values of type .*, found {np.dtype(dtype)}"
        with pytest.raises(ValueError, match=message):
            engine(x=np.array([[3]], dtype))
