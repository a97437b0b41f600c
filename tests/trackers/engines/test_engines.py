"""Engines and their arrays: ONNX Runtime, PyTorch, invalid files, repeated shapes."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from trackers.engines.contract import begin
from trackers.engines.export import Signature, export_onnx
from trackers.engines.numpy_arrays import NumpyArrays
from trackers.engines.onnx_engine import OnnxEngine
from trackers.engines.precision import lower
from trackers.engines.torch_engine import TorchArrays, TorchEngine


class Scale(nn.Module):
    """y = softmax(w x), z = sin(t)."""

    outputs = ("y", "z")

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x, t):
        return self.linear(x).softmax(-1), torch.sin(t)


SIGNATURE = Signature(
    {"x": torch.ones(2, 4), "t": torch.ones(2)}, {"x": {0: "rows"}, "t": {0: "rows"}}, ("t",)
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A module, and the folder of its exports in each precision."""
    folder = tmp_path_factory.mktemp("scale")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Scale()
    for precision in ("fp32", "fp16", "bf16"):
        export_onnx(module, SIGNATURE, folder / f"{precision}.onnx", precision, {"seed": "0"})
    return module, folder


@pytest.mark.parametrize("size", [(48, 80), (7, 5), (16, 16), (31, 100)])
def test_resizing_equals_that_of_pytorch(size):
    maps = np.random.default_rng(0).normal(0, 1, (3, 16, 16)).astype(np.float32)
    resized = NumpyArrays().resize(maps, *size)
    expected = TorchArrays().resize(torch.tensor(maps), *size).numpy()
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("arrays", [NumpyArrays(), TorchArrays()], ids=["numpy", "torch"])
def test_put_and_get_return_copies_of_the_same_type(arrays):
    for array in (np.arange(3.0, dtype=np.float32), np.arange(3), np.array([True, False])):
        stored = arrays.put(array)
        original = array.copy()
        array[0] = 1
        found = arrays.get(stored)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, original)
        found[0] = 1 - found[0]
        np.testing.assert_array_equal(arrays.get(stored), original)
    both = arrays.concatenate([arrays.zeros((1, 2)), arrays.zeros((2, 2))])
    np.testing.assert_array_equal(arrays.get(both), np.zeros((3, 2), np.float32))


def test_get_returns_low_precision_as_float32():
    assert NumpyArrays().get(np.ones(2, np.float16)).dtype == np.float32
    assert TorchArrays().get(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-6), ("fp16", 1e-3)])
def test_any_number_of_rows_runs(exported, precision, tolerance):
    module, folder = exported
    engine = OnnxEngine(folder / f"{precision}.onnx")
    for rows in (1, 2, 5):
        x, t = torch.rand(rows, 4), torch.rand(rows)
        expected = TorchEngine(module, TorchArrays())(x=x, t=t)
        outputs = engine(x=x.numpy(), t=t.numpy())
        for name in ("y", "z"):
            np.testing.assert_allclose(outputs[name], expected[name], rtol=0, atol=tolerance)


def test_only_softmax_and_sine_run_in_islands_of_float32(exported):
    _, folder = exported
    model = onnx.shape_inference.infer_shapes(onnx.load(folder / "fp16.onnx"))
    graph = model.graph
    types = {
        value.name: value.type.tensor_type.elem_type
        for value in [*graph.input, *graph.value_info, *graph.output]
    }
    by_kind = {node.op_type: types[node.input[0]] for node in graph.node if node.op_type != "Cast"}
    assert by_kind["Softmax"] == by_kind["Sin"] == TensorProto.FLOAT
    assert by_kind["Gemm"] == TensorProto.FLOAT16
    assert types["x"] == types["y"] == types["z"] == TensorProto.FLOAT16
    assert types["t"] == TensorProto.FLOAT


def test_constants_out_of_range_are_clipped():
    weight = helper.make_tensor("w", TensorProto.FLOAT, [3], [1e9, -np.inf, 2.0])
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [3]) for n in "xy")
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", [x], [y], [weight])
    low = lower(helper.make_model(graph), "fp16", ())
    values = onnx.numpy_helper.to_array(low.graph.initializer[0])
    np.testing.assert_array_equal(values, np.array([65504, -np.inf, 2], np.float16))


def test_a_network_with_branches_is_rejected():
    graph = helper.make_graph([helper.make_node("If", ["c"], ["y"], name="fork")], "g", [], [])
    with pytest.raises(ValueError, match="fork: expected no branches or loops, found If"):
        lower(helper.make_model(graph), "fp16", ())


def test_the_json_file_describes_the_network(exported):
    _, folder = exported
    facts = json.loads((folder / "bf16.onnx.json").read_text())
    assert facts["precision"] == "bf16"
    assert facts["seed"] == "0"
    assert facts["torch"] == torch.__version__
    assert facts["inputs"] == {
        "x": {"type": "bfloat16", "shape": ["rows", 4]},
        "t": {"type": "float", "shape": ["rows"]},
    }


def test_an_unknown_precision_is_rejected(tmp_path):
    with pytest.raises(ValueError, match=r"precision: expected one of .*, found 'int8'"):
        export_onnx(Scale(), SIGNATURE, tmp_path / "x.onnx", "int8", {})
    assert not list(tmp_path.iterdir())


def test_an_output_with_the_name_of_an_input_is_rejected(tmp_path):
    module = Scale()
    module.outputs = ("x", "z")
    with pytest.raises(
        ValueError, match=r"expected inputs and outputs of different names, found both \['x'\]"
    ):
        export_onnx(module, SIGNATURE, tmp_path / "x.onnx", "fp32", {})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.onnx: no such file"):
        OnnxEngine(tmp_path / "none.onnx")


def test_a_precision_that_the_cpu_lacks_is_rejected(exported):
    with pytest.raises(ValueError, match=r"bf16\.onnx: "):
        OnnxEngine(exported[1] / "bf16.onnx")


def test_a_missing_device_is_named(exported):
    path = exported[1] / "fp32.onnx"
    with pytest.raises(ValueError, match=r"device: expected one of \['cpu', 'cuda'\], found 'tpu'"):
        OnnxEngine(path, "tpu")
    # the first without `make setup WITH=gpu`, the second with it on a machine without a GPU
    message = "'cuda' needs CUDAExecutionProvider|cuda:0: expected an NVIDIA GPU, found none"
    with pytest.raises(RuntimeError, match=message):
        OnnxEngine(path, "cuda")


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7])
def test_threads_that_share_rows_return_the_same_as_one_thread(exported, rows):
    path = exported[1] / "fp32.onnx"
    random = np.random.default_rng(rows)
    inputs = {"x": random.random((rows, 4), np.float32), "t": random.random(rows, np.float32)}
    shared, single = (OnnxEngine(path, threads=n, shared="rows")(**inputs) for n in (3, 1))
    for name, array in single.items():
        np.testing.assert_allclose(shared[name], array, rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_engine_returns_the_same_in_the_background(exported, threads):
    engine = OnnxEngine(exported[1] / "fp32.onnx", threads=threads, shared="rows")
    random = np.random.default_rng(0)
    inputs = {"x": random.random((5, 4), np.float32), "t": random.random(5, np.float32)}
    for name, array in begin(engine, **inputs)().items():
        np.testing.assert_allclose(array, engine(**inputs)[name], rtol=0, atol=1e-6)


def test_an_engine_without_background_runs_at_once(exported):
    engine = TorchEngine(exported[0], TorchArrays())
    inputs = {"x": torch.ones(2, 4), "t": torch.ones(2)}
    assert torch.equal(begin(engine, **inputs)()["y"], engine(**inputs)["y"])


def test_a_network_whose_outputs_lack_the_shared_axis_is_rejected(exported):
    with pytest.raises(
        ValueError, match=r"expected outputs with a first axis 'x', found \['y', 'z'\]"
    ):
        OnnxEngine(exported[1] / "fp32.onnx", threads=2, shared="x")


def test_unexpected_inputs_are_named(exported):
    engine = OnnxEngine(exported[1] / "fp32.onnx")
    with pytest.raises(ValueError, match=r"expected inputs \['t', 'x'\], found \['x'\]"):
        engine(x=np.ones((1, 4)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_pytorch_runs_in_low_precision_with_weights_in_float32(exported, dtype):
    module, _ = exported
    x, t = torch.rand(3, 4), torch.rand(3)
    expected = TorchEngine(module, TorchArrays())(x=x, t=t)
    outputs = TorchEngine(module, TorchArrays("cpu", dtype))(x=x, t=t)
    assert module.linear.weight.dtype == torch.float32
    assert not torch.equal(outputs["y"], expected["y"])
    torch.testing.assert_close(outputs["y"].float(), expected["y"], rtol=0, atol=0.01)
    assert outputs["z"].dtype == dtype
    torch.testing.assert_close(outputs["z"], expected["z"].to(dtype), rtol=0, atol=0)


def test_unknown_and_unsupported_modes_are_rejected(exported):
    with pytest.raises(ValueError, match=r"mode: expected one of .*, found 'fast'"):
        TorchEngine(exported[0], TorchArrays(), "fast")
    with pytest.raises(ValueError, match="mode 'graphs': expected a CUDA device, found cpu"):
        TorchEngine(exported[0], TorchArrays(), "graphs")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compiled_pytorch_returns_the_same(exported):
    x, t = torch.rand(3, 4), torch.rand(3)
    expected = TorchEngine(exported[0], TorchArrays())(x=x, t=t)
    outputs = TorchEngine(exported[0], TorchArrays(), "compile")(x=x, t=t)
    torch.testing.assert_close(outputs["y"], expected["y"], rtol=0, atol=1e-6)
