"""Jobs on GPUs: a dry run on a machine with two made-up GPUs, and who gets which device."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.support.workflow.workdir import Workdir, make_workdir

CONFIG = """
variants:
  on_cpu:
    method: sam2_prompted
    options: {engine: torch}
  on_gpu:
    method: sam2_prompted
    options: {engine: torch, device: cuda, precision: bf16, torch_mode: graphs}
  on_tensorrt:
    method: sam2_prompted
    options: {engine: tensorrt, networks: engines/sam2_demo/fp16/tensorrt}
run:
  - dataset: synthetic
    variants: [sort, on_cpu, on_gpu, on_tensorrt]
    clock: [crossing]
    runs: 2
clock: {scenarios: [single_stream, streaming], rates: [25]}
engines:
  sam2_demo: {optimization_level: 5, workspace_gib: 2}
"""
NVML = """
class NVMLError(Exception): pass
def nvmlInit(): pass
def nvmlSystemGetDriverVersion(): return "580.95.05"
def nvmlSystemGetCudaDriverVersion_v2(): return 13000
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetUUID(index): return f"GPU-{index}"
def nvmlDeviceGetName(index): return "NVIDIA Made-up"
def nvmlDeviceGetMigMode(index): raise NVMLError("Not Supported")
def nvmlDeviceGetMemoryInfo(index):
    import types
    return types.SimpleNamespace(total=24 << 30)
"""


@pytest.fixture(scope="module")
def workdir(tmp_path_factory) -> Workdir:
    found = make_workdir(tmp_path_factory.mktemp("gpu"))
    found.write("pynvml.py", NVML)
    found.write("config/gpu.yaml", CONFIG)
    return found


@pytest.fixture(scope="module")
def plan(workdir) -> dict[str, str]:
    """What a dry run prints of each job, by its first output."""
    done = workdir.snakemake("config/gpu.yaml", "--dry-run", "--printshellcmds")
    assert done.returncode == 0, done.stdout + done.stderr
    blocks = re.split(r"\n(?=(?:rule|localrule|checkpoint) \w+:)", done.stdout + done.stderr)
    outputs = {re.search(r"output: ([^\s,]+)", each): each for each in blocks}
    return {match[1]: each for match, each in outputs.items() if match}


def claims(text: str) -> int:
    found = re.search(r"resources: .*\bgpu=(\d)", text)
    return int(found[1]) if found else 0


@pytest.mark.xfail(strict=True, reason="gpu.md, fault 13")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "count"), [("sort", 0), ("on_cpu", 0), ("on_gpu", 1), ("on_tensorrt", 1)]
)
def test_a_job_claims_a_gpu_if_its_variant_runs_on_one(plan, variant, count):
    made = ("tracks.parquet", "timing.json")
    names = [f"results/{variant}/synthetic/crossing/{name}" for name in made]
    names += [f"results/{variant}@{kind}/synthetic/crossing/tracks.parquet"
              for kind in ("run2", "25fps")]  # fmt: skip
    assert [claims(plan[name]) for name in names] == [count] * 4
    assert ["workflow.on_gpu" in plan[name] for name in names] == [count == 1] * 4


@pytest.mark.xfail(strict=True, reason="gpu.md, faults 13, 17, 19")
@pytest.mark.slow
def test_engines_are_built_and_compared_on_a_gpu_as_the_config_says(plan):
    build = plan["engines/sam2_demo/fp16/tensorrt/networks.json"]
    assert claims(build) == 1
    assert "--optimization-level=5 --workspace-gib=2" in build
    graphs = plan["engines/sam2_demo/bf16/parity_torch_cuda_graphs.json"]
    assert claims(graphs) == 1
    assert "--engine=torch --device=cuda --mode=graphs" in graphs
    assert claims(plan["engines/sam2_demo/fp16/parity_tensorrt.json"]) == 1
    assert claims(plan["engines/sam2_demo/fp32/parity_onnxruntime.json"]) == 0
