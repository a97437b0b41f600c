"""What runs on a GPU: the devices that jobs claim, parity on the device of a variant, builds."""

from __future__ import annotations

import pytest

from workflow.planning.flags import Flags
from workflow.planning.models import Models
from workflow.planning.plan import Plan

TINY = {
    "kind": "sam2",
    "size": "tiny",
    "weights": "data/weights/tiny.pt",
    "objects": ["1:4:16"],
    "parity": ["fp32/onnxruntime"],
    "optimization_level": 4,
    "workspace_gib": 2.5,
}
TORCH = {"size": "tiny", "weights": "data/weights/tiny.pt", "device": "cuda"}
LISTED = "engines/tiny/fp32/parity_onnxruntime.json"
ONNX = {"engine": "onnxruntime", "networks": "engines/tiny/fp32"}
VARIANTS = {
    "sort": {"method": "sort"},
    "onnx": {"method": "sam2_prompted", "options": ONNX},
    "onnx_cuda": {"method": "sam2_prompted", "options": {**ONNX, "device": "cuda"}},
    "tensorrt": {
        "method": "masktracker",
        "options": {"engine": "tensorrt", "networks": "engines/tiny/fp16/tensorrt",
                    "detector": "engines/yolox/fp32"},
    },
    "graphs": {
        "method": "yolo_sam2",
        "options": {**TORCH, "precision": "bf16", "torch_mode": "graphs", "device": "cuda:1"},
    },
    "torch": {"method": "sam2_prompted", "options": TORCH},
    "embedded": {"method": "deepsort", "options": {"device": "cuda"}},
    "nested": {
        "method": "detected",
        "options": {"detector": "engines/yolox/fp32", "tracker": "deepsort",
                    "tracker_options": {"device": "cuda"}},
    },
}  # fmt: skip


def plan_of(*variants: str) -> Plan:
    runs = [{"dataset": "own", "variants": list(variants)}]
    return Plan(
        {"engines": {"tiny": TINY}, "variants": VARIANTS, "run": runs,
         "datasets": {"own": {"protocol": "plain"}}}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "count"),
    [("sort", 0), ("onnx", 0), ("onnx_cuda", 1), ("tensorrt", 1), ("graphs", 1), ("torch", 1),
     ("torch@run2", 1), ("embedded", 1), ("nested", 1)],
)  # fmt: skip
def test_a_variant_claims_a_gpu_if_one_of_its_networks_runs_on_one(variant, count):
    assert Flags(plan_of()).gpus(variant) == count


def test_a_job_on_a_gpu_is_started_on_a_free_one_or_on_the_one_it_names():
    flags = Flags(plan_of())
    assert flags.launcher("sort") == []
    assert flags.launcher("torch") == ["workflow.on_gpu"]
    assert flags.launcher("graphs") == ["workflow.on_gpu", "--device=1"]


def test_the_model_of_built_engines_is_that_of_the_networks_they_were_built_from():
    assert LISTED in Models(plan_of("tensorrt")).parities()


@pytest.mark.parametrize(
    ("variant", "parities"),
    [
        ("onnx", [LISTED]),
        ("onnx_cuda", [LISTED, "engines/tiny/fp32/parity_onnxruntime_cuda.json"]),
        ("tensorrt", [LISTED, "engines/tiny/fp16/parity_tensorrt.json"]),
        ("graphs", ["engines/tiny/bf16/parity_torch_cuda_graphs.json"]),
        ("torch", ["engines/tiny/fp32/parity_torch_cuda.json"]),
        ("embedded", []),
    ],
)
def test_a_variant_on_a_gpu_is_compared_on_its_own_device_and_mode(variant, parities):
    assert Models(plan_of(variant)).parities() == parities


@pytest.mark.parametrize(
    ("engine", "flags"),
    [
        ("torch", ["--engine=torch", "--device=cpu"]),
        ("torch_cuda", ["--engine=torch", "--device=cuda"]),
        ("torch_cuda_graphs", ["--engine=torch", "--device=cuda", "--mode=graphs"]),
        (
            "onnxruntime_cuda",
            ["--engine=onnxruntime", "--device=cuda", "--networks=engines/tiny/bf16/networks.json"],
        ),
        (
            "tensorrt",
            ["--engine=tensorrt", "--device=cuda",
             "--networks=engines/tiny/bf16/tensorrt/networks.json",
             "--onnx=engines/tiny/bf16/networks.json"],
        ),
    ],
)  # fmt: skip
def test_parity_is_measured_with_the_device_and_mode_in_its_name(engine, flags):
    models = Models(plan_of())
    assert models.parity_flags("tiny", "bf16", engine) == flags
    assert models.parity_gpus(engine) == ("cuda" in str(flags))


def test_builder_level_and_workspace_are_those_of_the_config():
    assert Models(plan_of()).build_flags("tiny") == [
        "--objects", "1:4:16", "--optimization-level=4", "--workspace-gib=2.5"
    ]  # fmt: skip


def test_an_engine_is_built_again_for_another_gpu_driver_or_tensorrt(monkeypatch):
    facts = {"gpu": "NVIDIA L4, 22 GiB", "driver": "580.95.05", "tensorrt": "11.4.0.106"}
    monkeypatch.setattr(
        "workflow.planning.models.describe_machine", lambda: {"cores": "2", **facts}
    )
    assert Models(plan_of()).build_platform() == facts
    monkeypatch.setattr("workflow.planning.models.describe_machine", lambda: {"cores": "2"})
    assert Models(plan_of()).build_platform() == {}
