"""Which GPU is described and measured; NVML is a stand-in, as no test machine has a GPU."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pynvml
import pytest

from tests.support.trackers.fake_nvml import GIB, FakeGpu, fake_nvml
from trackers.profiling import gpu, machine

FIRST = FakeGpu("GPU-aaaa1111-0000", "NVIDIA H200")
SECOND = FakeGpu("GPU-aaaa2222-0000", "NVIDIA L4", 22 * GIB, (8, 9))
INSTANCES = (
    FakeGpu("MIG-cccc1111-0000", "NVIDIA H200 MIG 1g.18gb", 16 * GIB),
    FakeGpu("MIG-cccc2222-0000", "NVIDIA H200 MIG 3g.71gb", 69 * GIB),
)
SPLIT = FakeGpu("GPU-bbbb1111-0000", instances=INSTANCES)


@pytest.fixture
def install(monkeypatch):
    """A function that installs GPUs and environment variables of CUDA."""

    def of(*gpus, visible=None, order="PCI_BUS_ID", **driver):
        monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(*gpus, **driver))
        for name, value in (("CUDA_VISIBLE_DEVICES", visible), ("CUDA_DEVICE_ORDER", order)):
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)

    return of


@pytest.mark.parametrize("visible", [None, "0", "0,1", "GPU-aaaa1"])
def test_without_a_choice_the_first_gpu_is_described(install, visible):
    install(FIRST, SECOND, visible=visible)
    assert machine.describe_machine()["gpu"] == "NVIDIA H200, 140 GiB"
    assert machine.identify_gpu()["gpu"] == "NVIDIA H200"


@pytest.mark.parametrize(
    ("visible", "name"),
    [
        ("1", "NVIDIA L4, 22 GiB"),
        ("1,0", "NVIDIA L4, 22 GiB"),
        (" 1", "NVIDIA L4, 22 GiB"),
        ("GPU-aaaa2222-0000", "NVIDIA L4, 22 GiB"),
        ("GPU-aaaa2", "NVIDIA L4, 22 GiB"),  # any unambiguous beginning
        ("1,7,0", "NVIDIA L4, 22 GiB"),  # devices after an invalid one are not visible
        ("", None),
        ("-1", None),
        ("NoDevFiles", None),  # what some schedulers set for jobs without a GPU
        ("7", None),
        ("GPU-aaaa", None),  # ambiguous
        ("1,1", None),  # CUDA refuses repeated devices
    ],
)
def test_the_described_gpu_is_the_first_that_cuda_sees(install, visible, name):
    install(FIRST, SECOND, visible=visible)
    assert machine.describe_machine().get("gpu") == name
    if name is None:
        assert gpu.find_gpu() is None
        with pytest.raises(RuntimeError, match=r"no NVIDIA GPU"):
            machine.identify_gpu()
    else:
        assert machine.identify_gpu()["gpu"] == name.partition(",")[0]


@pytest.mark.parametrize(
    ("visible", "name"),
    [
        (None, "NVIDIA H200 MIG 1g.18gb, 16 GiB"),
        ("0", "NVIDIA H200 MIG 1g.18gb, 16 GiB"),
        ("MIG-cccc2222-0000", "NVIDIA H200 MIG 3g.71gb, 69 GiB"),
        ("GPU-bbbb", "NVIDIA H200 MIG 1g.18gb, 16 GiB"),
    ],
)
def test_on_a_divided_gpu_the_instance_is_described_with_its_own_memory(install, visible, name):
    install(SPLIT, visible=visible)
    assert machine.describe_machine()["gpu"] == name


def test_what_nvml_does_not_measure_of_an_instance_is_absent(install):
    install(SPLIT, visible="MIG-cccc2222-0000")
    found = gpu.find_gpu()
    assert found.energy_mj() is None
    state = found.state()
    assert state["slowed_by"] == []
    assert {state[name] for name in ("graphics_mhz", "temperature_c", "power_w")} == {None}


@pytest.mark.parametrize(
    "lacking",
    ["nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetComputeRunningProcesses",
     "nvmlDeviceGetMigMode", "nvmlDeviceGetTotalEnergyConsumption"],
)  # fmt: skip
def test_a_driver_that_lacks_a_function_is_measured_without_it(install, lacking):
    install(FIRST, lacking=[lacking])
    found = gpu.find_gpu()
    assert found.state()["temperature_c"] == 61
    assert (found.memory(), found.energy_mj()) in ((None, 7), (None, None))
    assert machine.describe_machine()["gpu"] == "NVIDIA H200, 140 GiB"


@pytest.mark.parametrize(
    "error",
    [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
     pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH],
)  # fmt: skip
def test_a_driver_that_cannot_be_queried_is_no_gpu(install, error):
    install(FIRST, init_error=error)
    assert "gpu" not in machine.describe_machine()
    assert gpu.find_gpu() is None


def test_a_gpu_that_a_container_may_not_use_is_not_counted(install):
    hidden = FakeGpu("GPU-dddd", error=pynvml.NVML_ERROR_NO_PERMISSION)
    install(hidden, SECOND, visible="0")
    assert machine.describe_machine()["gpu"] == "NVIDIA L4, 22 GiB"


def test_processes_are_not_counted_where_a_container_hides_their_ids(install):
    outside = FakeGpu("GPU-eeee", pids=[1, 2])  # ids of the host; this process is one of them
    install(outside)
    found = gpu.find_gpu()
    assert found.memory() is None
    assert found.state()["others"] is None


def test_processes_are_counted_where_this_process_is_listed(install):
    install(FakeGpu("GPU-eeee", pids=[1, os.getpid()]))
    assert gpu.find_gpu().memory() == 5 << 20
    assert gpu.find_gpu().state()["others"] == 1


def test_the_device_that_the_options_name_is_described(install):
    install(FIRST, SECOND)
    assert machine.describe_machine(1)["gpu"] == "NVIDIA L4, 22 GiB"
    assert machine.identify_gpu(1)["compute_capability"] == "8.9"
    assert "gpu" not in machine.describe_machine(2)


def cuda(*uuids):
    """Return a stand-in for a loaded PyTorch that uses GPUs, in the order of CUDA."""
    properties = [SimpleNamespace(uuid=uuid.partition("-")[2]) for uuid in uuids]
    used = SimpleNamespace(
        is_initialized=lambda: True,
        device_count=lambda: len(uuids),
        get_device_properties=properties.__getitem__,
    )
    return SimpleNamespace(cuda=used)


def test_a_device_of_pytorch_is_found_by_its_uuid(install, monkeypatch):
    install(FIRST, SECOND, order=None)  # CUDA puts what it takes for the fastest first
    monkeypatch.setitem(sys.modules, "torch", cuda(SECOND.uuid, FIRST.uuid))
    assert machine.identify_gpu()["gpu"] == "NVIDIA L4"
    assert machine.describe_machine()["gpu"] == "NVIDIA L4, 22 GiB"


def test_different_gpus_in_an_order_that_only_cuda_knows_are_not_guessed(install, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    install(FIRST, SECOND, order=None)
    assert "gpu" not in machine.describe_machine()
    install(FIRST, FakeGpu("GPU-ffff"), order=None)
    assert machine.describe_machine()["gpu"] == "NVIDIA H200, 140 GiB"
    install(FIRST, SECOND, order=None, visible="GPU-aaaa2222")
    assert machine.describe_machine()["gpu"] == "NVIDIA L4, 22 GiB"
