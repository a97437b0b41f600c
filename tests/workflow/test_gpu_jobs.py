"""Jobs on GPUs: a dry run on a machine with two made-up GPUs, and who gets which device."""

from __future__ import annotations

import os
import re
import sys
from types import SimpleNamespace

import pytest

from tests.support.trackers.fake_nvml import FakeGpu, fake_nvml
from tests.support.workflow.workdir import Workdir, make_workdir
from trackers.profiling.gpu_devices import GpuDevice
from workflow.on_gpu import main, take
from workflow.run_hooks import limit_gpus

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


@pytest.mark.parametrize(
    ("local", "given", "limit"), [(True, {}, 2), (True, {"gpu": 1}, 1), (False, {}, None)]
)
def test_as_many_jobs_with_a_gpu_run_at_once_as_there_are_devices(monkeypatch, local, given, limit):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(FakeGpu("GPU-a"), FakeGpu("GPU-b")))
    limits = dict(given)
    limit_gpus(
        SimpleNamespace(
            local_exec=local, global_resources=limits, register_resource=limits.__setitem__
        )
    )
    assert limits.get("gpu") == limit


def devices(*uuids):
    return [GpuDevice(None, None, uuid) for uuid in uuids]


def test_each_job_gets_a_device_that_no_other_has(tmp_path):
    first, held = take(devices("GPU-a", "MIG-b/1/0"), tmp_path)
    second, also_held = take(devices("GPU-a", "MIG-b/1/0"), tmp_path)
    assert [first.uuid, second.uuid] == ["GPU-a", "MIG-b/1/0"]
    held.close()
    third, _ = take(devices("GPU-a", "MIG-b/1/0"), tmp_path)
    assert third.uuid == "GPU-a"
    also_held.close()


def test_a_job_waits_until_a_device_is_free(tmp_path, monkeypatch):
    waits = []
    _, held = take(devices("GPU-a"), tmp_path)

    def end_the_other_job(seconds):
        waits.append(seconds)
        held.close()

    monkeypatch.setattr("workflow.on_gpu.time.sleep", end_the_other_job)
    assert take(devices("GPU-a"), tmp_path)[0].uuid == "GPU-a"
    assert len(waits) == 1


@pytest.fixture
def launch(monkeypatch, tmp_path):
    """A function that starts a program on two made-up GPUs; returns what it saw."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(FakeGpu("GPU-a"), FakeGpu("GPU-b")))
    seen = []

    def run_module(name, **_):
        seen.append((name, sys.argv[1:], os.environ.get("CUDA_VISIBLE_DEVICES")))

    monkeypatch.setattr("workflow.on_gpu.runpy.run_module", run_module)

    def start(*arguments, visible=None):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        monkeypatch.setattr(sys, "argv", ["workflow.on_gpu", *arguments])
        main()
        return seen[-1]

    return start


def test_a_program_sees_the_device_it_was_given_alone(launch):
    started = launch("trackers.run", "--method=sort", "--device=2")
    assert started == ("trackers.run", ["--method=sort", "--device=2"], "GPU-a")
    assert launch("trackers.run", visible="1")[2] == "GPU-b"


def test_a_program_that_names_its_devices_keeps_their_numbers(launch):
    assert launch("--device=1", "trackers.run", visible="1,0") == ("trackers.run", [], "1,0")


@pytest.mark.parametrize(
    ("arguments", "visible", "message"),
    [
        (["trackers.run"], "", r"cuda:0: expected an NVIDIA GPU, found CUDA_VISIBLE_DEVICES=''"),
        (["--device=2", "trackers.run"], None, r"cuda:2: expected an NVIDIA GPU, found 2: "),
    ],
)
def test_a_program_is_not_started_without_its_device(launch, arguments, visible, message):
    with pytest.raises(RuntimeError, match=message):
        launch(*arguments, visible=visible)
