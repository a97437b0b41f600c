"""The check of a GPU machine; the driver and the libraries are stand-ins."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pynvml
import pytest

from tests.support.trackers.fake_nvml import FakeGpu, fake_nvml
from trackers.profiling import gpu_check

H200 = FakeGpu("GPU-aaaa")
LIBRARIES = {
    "torch": SimpleNamespace(
        __version__="2.15.0",
        version=SimpleNamespace(cuda="13.2"),
        cuda=SimpleNamespace(
            is_available=lambda: True, device_count=lambda: 1, is_initialized=lambda: False
        ),
    ),
    "onnxruntime": SimpleNamespace(
        __version__="1.31.1",
        get_available_providers=lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
    ),
    "tensorrt": SimpleNamespace(__version__="11.4.0.106"),
    "PyNvVideoCodec": SimpleNamespace(__version__="2.2.4"),
}


@pytest.fixture
def install(monkeypatch):
    """A function that installs a driver and libraries; None for one that is not installed."""

    def of(*gpus, visible=None, libraries=None, **driver):
        monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(*gpus, **driver))
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        for name, module in {**LIBRARIES, **(libraries or {})}.items():
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(gpu_check.ctypes, "CDLL", lambda name: name)

    return of


def report(capsys):
    code = gpu_check.main()
    return code, capsys.readouterr().out


def test_a_complete_machine_has_a_line_for_each_part(install, capsys):
    install(H200)
    code, text = report(capsys)
    assert code == gpu_check.COMPLETE == 0
    assert text.splitlines() == [
        "ok       driver: driver 580.95.05, for CUDA up to 13.0",
        "ok       devices: NVIDIA H200 (140 GiB, GPU-aaaa)",
        "ok       torch: 2.15.0, for CUDA 13.2, 1 device(s)",
        "ok       onnxruntime: 1.31.1, with CUDAExecutionProvider, CPUExecutionProvider",
        "ok       tensorrt: 11.4.0.106",
        "ok       PyNvVideoCodec: 2.2.4",
    ]


@pytest.mark.parametrize(
    ("there", "part", "advice"),
    [
        ({"driver": "550.54.15", "cuda": 12040}, "driver",
         "CUDA 13 needs driver 580 or newer: update the driver"),
        ({"libraries": {"tensorrt": None}}, "tensorrt", "make setup WITH=gpu"),
        ({"libraries": {"PyNvVideoCodec": None}}, "PyNvVideoCodec", "make setup WITH=gpu"),
        ({"libraries": {"onnxruntime": SimpleNamespace(
            __version__="1", get_available_providers=lambda: ["CPUExecutionProvider"])}},
         "onnxruntime", "make setup WITH=gpu"),
        ({"libraries": {"torch": SimpleNamespace(
            __version__="2", version=SimpleNamespace(cuda=None),
            cuda=SimpleNamespace(is_initialized=lambda: False))}},
         "torch", "make setup WITH=gpu"),
    ],
)  # fmt: skip
def test_each_missing_part_is_named_with_what_to_do(install, capsys, there, part, advice):
    install(H200, **there)
    code, text = report(capsys)
    assert code == gpu_check.INCOMPLETE == 3
    lines = text.splitlines()
    missing = [number for number, line in enumerate(lines) if line.startswith("missing")]
    assert len(missing) == 1
    assert lines[missing[0]].startswith(f"missing  {part}: ")
    assert lines[missing[0] + 1].strip().endswith(advice)


def test_a_library_that_refuses_to_load_is_missing(install, capsys, monkeypatch):
    install(H200)
    load = gpu_check.importlib.import_module

    def refuse(name):
        if name == "PyNvVideoCodec":  # its words where the driver has no encoder
            raise RuntimeError("\nFailed to load NVENC library: libnvidia-encode.so.1\n\n=== ...")
        return load(name)

    monkeypatch.setattr(gpu_check.importlib, "import_module", refuse)
    code, text = report(capsys)
    assert code == gpu_check.INCOMPLETE
    assert "cannot be loaded (Failed to load NVENC library: libnvidia-encode.so.1)\n" in text


def test_the_decoder_of_the_driver_is_looked_for(install, capsys, monkeypatch):
    install(H200)

    def lacking(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(gpu_check.ctypes, "CDLL", lacking)
    code, text = report(capsys)
    assert code == gpu_check.INCOMPLETE
    assert "add `video` to NVIDIA_DRIVER_CAPABILITIES" in text


def test_without_a_gpu_the_check_says_so(install, capsys):
    install(init_error=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    code, text = report(capsys)
    assert code == gpu_check.NO_GPU == 4
    assert "missing  driver: none (NVML Shared Library Not Found)" in text
    assert text.endswith("no GPU can be used here: everything runs on the CPU\n")


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ({"init_error": pynvml.NVML_ERROR_LIBRARY_NOT_FOUND},
         r"^cuda:0: expected an NVIDIA GPU, found none \(NVML Shared Library Not Found\); install "
         r"NVIDIA's driver 580 or newer, or start a container with --gpus all"),
        ({"init_error": pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH}, r"RM has detected"),
        ({"driver": "550.54.15", "cuda": 12040},
         r"found driver 550\.54\.15, for CUDA up to 12\.4; CUDA 13 needs driver 580 or newer"),
        ({"visible": "GPU-bbbb"},
         r"found CUDA_VISIBLE_DEVICES='GPU-bbbb', with the devices \['GPU-aaaa'\]; set"),
    ],
)  # fmt: skip
def test_a_job_that_needs_a_gpu_fails_at_once_with_what_to_do(install, there, message):
    install(H200, **there)
    with pytest.raises(RuntimeError, match=message) as raised:
        gpu_check.require_gpu()
    assert "`make check-gpu`" in str(raised.value)


def test_a_job_that_has_its_gpu_goes_on(install):
    install(H200)
    gpu_check.require_gpu()
    with pytest.raises(RuntimeError, match=r"^cuda:1: .* name a device with a lower number"):
        gpu_check.require_gpu(1)
