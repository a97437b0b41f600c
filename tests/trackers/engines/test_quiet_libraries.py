"""The inference libraries send nothing, leave no files on a user's machine, and compute rightly."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import onnx

import trackers.engines
from tests.support.paths import ROOT

OPEN = """
import os, sys
from pathlib import Path
from trackers.engines.onnx_engine import OnnxEngine
before = len(os.listdir("/proc/self/task"))
OnnxEngine(Path(sys.argv[1]), threads=1)
print(len(os.listdir("/proc/self/task")) - before)
"""


def test_onnx_runtime_keeps_no_device_id_and_starts_no_thread_that_sends_events(tmp_path):
    path, helper = tmp_path / "relu.onnx", onnx.helper
    x, y = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [2]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", [x], [y])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    home = tmp_path / "home"
    home.mkdir()
    variables = {name: value for name, value in os.environ.items() if not name.startswith("XDG")}
    variables |= {"HOME": str(home), "TMPDIR": str(home), "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(path)],
        cwd=ROOT, env=variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert list(home.iterdir()) == []
    assert int(done.stdout) == 0


def test_wrong_kernels_are_off_before_any_program_computes_with_pytorch(monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    importlib.reload(trackers.engines)
    assert os.environ["ONEDNN_MAX_CPU_ISA"] == "AVX512_CORE_BF16"
