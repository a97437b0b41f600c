"""Engines and their arrays: ONNX Runtime and PyTorch, files that are none, shapes met again."""

from __future__ import annotations

import json
import shutil
import threading
import time

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
from trackers.engines.row_parallel import RowParallelSession
from trackers.engines.torch_engine import TorchArrays, TorchEngine
from trackers.engines.torch_graphs import GraphedFunction


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
    """A network in each precision, and the module it comes from."""
    folder = tmp_path_factory.mktemp("scale")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Scale()
    for precision in ("fp32", "fp16", "bf16"):
        export_onnx(module, SIGNATURE, folder / f"{precision}.onnx", precision, {"seed": "0"})
    return module, folder


@pytest.mark.parametrize("size", [(48, 80), (7, 5), (16, 16), (31, 100)])
def test_resizing_is_that_of_pytorch(size):
    maps = np.random.default_rng(0).normal(0, 1, (3, 16, 16)).astype(np.float32)
    ours = NumpyArrays().resize(maps, *size)
    truth = TorchArrays().resize(torch.tensor(maps), *size).numpy()
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, truth, rtol=0, atol=1e-5)


@pytest.mark.parametrize("arrays", [NumpyArrays(), TorchArrays()], ids=["numpy", "torch"])
def test_arrays_are_put_and_got_as_they_are(arrays):
    for array in (np.arange(3.0, dtype=np.float32), np.arange(3), np.array([True, False])):
        put = arrays.put(array)
        kept = array.copy()
        array[0] = 1
        got = arrays.get(put)
        assert got.dtype == array.dtype
        np.testing.assert_array_equal(got, kept)
    both = arrays.concatenate([arrays.zeros((1, 2)), arrays.zeros((2, 2))])
    np.testing.assert_array_equal(arrays.get(both), np.zeros((3, 2), np.float32))


def test_low_precision_is_got_as_float32():
    assert NumpyArrays().get(np.ones(2, np.float16)).dtype == np.float32
    assert TorchArrays().get(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32


@pytest.mark.parametrize(("precision", "most"), [("fp32", 1e-6), ("fp16", 1e-3)])
def test_any_number_of_rows_runs(exported, precision, most):
    module, folder = exported
    engine = OnnxEngine(folder / f"{precision}.onnx")
    for rows in (1, 2, 5):
        x, t = torch.rand(rows, 4), torch.rand(rows)
        truth = TorchEngine(module, TorchArrays())(x=x, t=t)
        output = engine(x=x.numpy(), t=t.numpy())
        for name in ("y", "z"):
            np.testing.assert_allclose(output[name], truth[name], rtol=0, atol=most)


def test_islands_of_float32_are_where_they_should_be(exported):
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


def test_too_large_constants_become_the_largest_there_is():
    weight = helper.make_tensor("w", TensorProto.FLOAT, [3], [1e9, -np.inf, 2.0])
    given, found = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [3]) for n in "xy")
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", [given], [found], [weight])
    low = lower(helper.make_model(graph), "fp16", ())
    values = onnx.numpy_helper.to_array(low.graph.initializer[0])
    np.testing.assert_array_equal(values, np.array([65504, -np.inf, 2], np.float16))


def test_a_network_that_branches_is_refused():
    graph = helper.make_graph([helper.make_node("If", ["c"], ["y"], name="fork")], "g", [], [])
    with pytest.raises(ValueError, match="fork: If found, expected no branches or loops"):
        lower(helper.make_model(graph), "fp16", ())


def test_the_json_beside_a_file_has_its_facts(exported):
    _, folder = exported
    facts = json.loads((folder / "bf16.onnx.json").read_text())
    assert facts["precision"] == "bf16"
    assert facts["seed"] == "0"
    assert facts["torch"] == torch.__version__
    assert facts["inputs"] == {
        "x": {"type": "bfloat16", "shape": ["rows", 4]},
        "t": {"type": "float", "shape": ["rows"]},
    }


def test_an_unknown_precision_is_refused(tmp_path):
    with pytest.raises(ValueError, match="precision: 'int8' found, expected one of"):
        export_onnx(Scale(), SIGNATURE, tmp_path / "x.onnx", "int8", {})
    assert not list(tmp_path.iterdir())


def test_an_output_called_as_an_input_is_refused(tmp_path):
    module = Scale()
    module.outputs = ("x", "z")
    with pytest.raises(ValueError, match=r"inputs and outputs of the same name found: \['x'\]"):
        export_onnx(module, SIGNATURE, tmp_path / "x.onnx", "fp32", {})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.onnx: no such file"):
        OnnxEngine(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"not a network", None], ids=["empty", "text", "half"])
def test_a_file_that_is_no_network_is_named(exported, content, tmp_path):
    path = tmp_path / "broken.onnx"
    whole = (exported[1] / "fp32.onnx").read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(ValueError, match=r"broken\.onnx: no network that ONNX Runtime can run"):
        OnnxEngine(path)


def test_a_precision_that_the_processor_has_not_is_refused(exported):
    with pytest.raises(ValueError, match=r"bf16\.onnx: "):
        OnnxEngine(exported[1] / "bf16.onnx")


def test_a_device_that_is_not_there_is_named(exported):
    path = exported[1] / "fp32.onnx"
    with pytest.raises(ValueError, match=r"device: 'tpu' found, expected one of \['cpu', 'cuda'\]"):
        OnnxEngine(path, "tpu")
    with pytest.raises(RuntimeError, match="'cuda' needs CUDAExecutionProvider"):
        OnnxEngine(path, "cuda")


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7])
def test_threads_that_share_rows_give_what_one_gives(exported, rows):
    path = exported[1] / "fp32.onnx"
    random = np.random.default_rng(rows)
    given = {"x": random.random((rows, 4), np.float32), "t": random.random(rows, np.float32)}
    output, alone = (OnnxEngine(path, threads=n, shared="rows")(**given) for n in (3, 1))
    for name, array in alone.items():
        np.testing.assert_allclose(output[name], array, rtol=0, atol=1e-6, err_msg=name)


class _Session:
    """Answers with its rows, and remembers how many it was given and on which thread."""

    def __init__(self):
        self.calls = []

    def run(self, _, given):
        time.sleep(0.02)
        self.calls.append((len(given["x"]), given["whole"], threading.get_ident()))
        return [given["x"] + given["whole"]]


def test_each_thread_gets_its_rows_and_all_that_is_not_shared():
    session = _Session()
    output = RowParallelSession(session, ["x"], 3).run({"x": np.arange(7), "whole": np.array([10])})
    np.testing.assert_array_equal(output[0], np.arange(10, 17))
    assert sorted(count for count, _, _ in session.calls) == [2, 2, 3]
    assert {whole.tolist()[0] for _, whole, _ in session.calls} == {10}
    threads = {thread for _, _, thread in session.calls}
    assert threading.get_ident() in threads
    assert len(threads) > 1


@pytest.mark.parametrize(("count", "shares"), [(1, [1]), (3, [3]), (7, [2, 2, 3]), (8, [2] * 4)])
def test_what_was_begun_is_worked_on_in_small_shares_meanwhile(count, shares):
    session = _Session()
    finish = RowParallelSession(session, ["x"], 2).begin(
        {"x": np.arange(count), "whole": np.array([10])}
    )
    deadline = time.monotonic() + 10
    while not session.calls:  # before anybody asks for it
        assert time.monotonic() < deadline
    np.testing.assert_array_equal(finish()[0], np.arange(10, 10 + count))
    assert sorted(rows for rows, _, _ in session.calls) == shares


def test_what_failed_after_it_was_begun_says_so_when_asked_for():
    with pytest.raises(KeyError, match="whole"):
        RowParallelSession(_Session(), ["x"], 2).begin({"x": np.arange(1)})()


@pytest.mark.parametrize("threads", [1, 2])
def test_an_engine_that_was_begun_gives_what_it_gives_at_once(exported, threads):
    engine = OnnxEngine(exported[1] / "fp32.onnx", threads=threads, shared="rows")
    random = np.random.default_rng(0)
    given = {"x": random.random((5, 4), np.float32), "t": random.random(5, np.float32)}
    for name, array in begin(engine, **given)().items():
        np.testing.assert_allclose(array, engine(**given)[name], rtol=0, atol=1e-6)


def test_an_engine_that_cannot_be_begun_runs_at_once(exported):
    engine = TorchEngine(exported[0], TorchArrays())
    given = {"x": torch.ones(2, 4), "t": torch.ones(2)}
    assert torch.equal(begin(engine, **given)()["y"], engine(**given)["y"])


def test_fewer_rows_than_threads_are_not_shared():
    shares = RowParallelSession(_Session(), ["x"], 3)
    assert [shares.has_row_per_thread({"x": np.arange(count)}) for count in (1, 2, 3)] == [
        False,
        False,
        True,
    ]


def test_a_network_whose_outputs_are_not_by_row_is_not_shared(exported):
    with pytest.raises(ValueError, match=r"outputs \['y', 'z'\] found without a first axis 'x'"):
        OnnxEngine(exported[1] / "fp32.onnx", threads=2, shared="x")


def test_inputs_that_are_not_expected_are_named(exported):
    engine = OnnxEngine(exported[1] / "fp32.onnx")
    with pytest.raises(ValueError, match=r"inputs \['x'\] found, expected \['t', 'x'\]"):
        engine(x=np.ones((1, 4)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_pytorch_runs_in_low_precision_with_weights_in_float32(exported, dtype):
    module, _ = exported
    x, t = torch.rand(3, 4), torch.rand(3)
    truth = TorchEngine(module, TorchArrays())(x=x, t=t)
    output = TorchEngine(module, TorchArrays("cpu", dtype))(x=x, t=t)
    assert module.linear.weight.dtype == torch.float32
    assert not torch.equal(output["y"], truth["y"])
    torch.testing.assert_close(output["y"].float(), truth["y"], rtol=0, atol=0.01)
    torch.testing.assert_close(output["z"], truth["z"], rtol=0, atol=0)


def test_modes_that_cannot_be_are_refused(exported):
    with pytest.raises(ValueError, match="mode: 'fast' found, expected one of"):
        TorchEngine(exported[0], TorchArrays(), "fast")
    with pytest.raises(ValueError, match="mode: 'graphs' needs a CUDA device, cpu found"):
        TorchEngine(exported[0], TorchArrays(), "graphs")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compiled_pytorch_answers_the_same(exported):
    x, t = torch.rand(3, 4), torch.rand(3)
    truth = TorchEngine(exported[0], TorchArrays())(x=x, t=t)
    output = TorchEngine(exported[0], TorchArrays(), "compile")(x=x, t=t)
    torch.testing.assert_close(output["y"], truth["y"], rtol=0, atol=1e-6)


def recorder(played):
    """A recorder that writes into the outputs of its first run, as a CUDA graph does."""

    def record(function):
        outputs = function()

        def play():
            played.append(len(outputs[0]))
            for place, new in zip(outputs, function(), strict=True):
                place.copy_(new)

        return play, outputs

    return record


def test_a_shape_is_recorded_once_and_played_with_new_values():
    played, calls = [], []

    def double(inputs):
        calls.append(len(inputs["x"]))
        return (2 * inputs["x"],)

    function = GraphedFunction(double, recorder(played))
    assert function({"x": torch.tensor([1.0])})[0].tolist() == [2]
    assert function({"x": torch.tensor([5.0])})[0].tolist() == [10]
    assert function({"x": torch.tensor([1.0, 3.0])})[0].tolist() == [2, 6]
    assert played == [1, 1, 2]
    assert calls.count(1) == 3


def test_the_recording_played_longest_ago_goes_first():
    recorded = []

    def record(function):
        recorded.append(1)
        return (lambda: None), function()

    function = GraphedFunction(lambda inputs: (inputs["x"],), record, most=2)
    for length in (1, 2, 1, 3, 1, 2):
        function({"x": torch.zeros(length)})
    assert len(recorded) == 4
