"""TensorRT, with a fake library: the calls to the library, and the engines that are rejected."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
import torch

from datasets.io.files import sha256
from tests.support.trackers import fake_tensorrt
from trackers.engines import tensorrt_build, tensorrt_engine, tensorrt_library
from trackers.engines.runner import Runner
from trackers.engines.tensorrt_build import (
    AxisRange,
    BuildFlags,
    add_flags,
    build_engine,
    build_flags,
    profile_shapes,
)
from trackers.engines.tensorrt_engine import TensorrtEngine, fitting_profile
from trackers.engines.tensorrt_library import read_engine_facts
from trackers.mask_rcnn import build as mask_rcnn
from trackers.mask_rcnn.loading import load_segmenter
from trackers.mask_rcnn.options import Limits

HERE = {"gpu": "NVIDIA H200", "compute_capability": "9.0", "driver": "580.65.06"}
INPUTS = {
    "x": {"type": "float16", "shape": ["objects", 2]},
    "fixed": {"type": "float", "shape": [1, 3]},
}


@pytest.fixture
def onnx(tmp_path):
    path = tmp_path / "track.onnx"
    path.write_bytes(b"network")
    facts = {"inputs": INPUTS, "precision": "fp16"}
    path.with_name("track.onnx.json").write_text(json.dumps(facts))
    return path


@pytest.fixture
def install(monkeypatch):
    """A function that installs a fake library and a fake GPU."""

    def put(**facts):
        library = fake_tensorrt.library(**facts)
        monkeypatch.setitem(sys.modules, "tensorrt", library)
        monkeypatch.setattr(tensorrt_library, "identify_gpu", lambda: dict(HERE))
        stream = SimpleNamespace(
            cuda_stream=7, wait_stream=lambda other: None, synchronize=lambda: None
        )
        monkeypatch.setattr(torch.cuda, "Stream", lambda device: stream)
        monkeypatch.setattr(torch.cuda, "current_stream", lambda device: stream)
        return library

    return put


OBJECTS, FLAGS = (AxisRange(1, 4, 16),), BuildFlags()


def build(onnx, objects=OBJECTS, flags=FLAGS):
    output = onnx.with_name("track.engine")
    build_engine(onnx, output, [{"objects": each} for each in objects], flags)
    return output


def test_the_flag_for_strong_types_is_set_for_tensorrt_10_only(onnx, install):
    library = install()
    build(onnx)
    flag = library.NetworkDefinitionCreationFlag.STRONGLY_TYPED
    assert library.calls["create_network"] == [(1 << flag,)]
    library = install(version="11.4.0.106")
    build(onnx)
    assert library.calls["create_network"] == [(0,)]


def test_a_profile_is_set_for_inputs_with_dynamic_axes_only(onnx, install):
    library = install()
    build(onnx, [AxisRange(1, 1, 1), AxisRange(2, 8, 16)])
    assert library.calls["set_shape"] == [
        ("x", [1, 2], [1, 2], [1, 2]),
        ("x", [2, 2], [8, 2], [16, 2]),
    ]
    assert len(library.calls["add_optimization_profile"]) == 2


def test_flags_are_passed_to_the_library(onnx, install):
    library = install()
    build(onnx, flags=BuildFlags(optimization_level=5, workspace_gib=0.5))
    assert library.calls["builder_optimization_level"] == 5
    assert library.calls["set_memory_pool_limit"] == [(library.MemoryPoolType.WORKSPACE, 1 << 29)]
    assert library.calls["clear_flag"] == [(library.BuilderFlag.TF32,)]
    library = install()
    build(onnx, flags=BuildFlags(tf32=True))
    assert "clear_flag" not in library.calls
    assert "set_memory_pool_limit" not in library.calls, "by default it is the GPU's memory"


def test_the_timing_cache_is_written_and_read_again(onnx, install):
    library = install()
    build(onnx)
    assert onnx.with_name("timing.cache").read_bytes() == b"times"
    build(onnx)
    assert [data for (data,) in library.calls["create_timing_cache"]] == [b"", b"times"]


def test_the_timing_cache_of_another_gpu_is_ignored(onnx, install):
    onnx.with_name("timing.cache").write_bytes(b"of another")
    library = install(known_times=False)
    build(onnx)
    assert [data for (data,) in library.calls["create_timing_cache"]] == [b"of another", b""]


def test_progress_is_shown_by_a_monitor_of_the_type_of_the_library(onnx, install):
    library = install()
    build(onnx)
    monitor = library.calls["progress_monitor"]
    assert isinstance(monitor, library.IProgressMonitor)
    assert type(monitor).started == 1


def test_the_json_file_describes_the_engine(onnx, install):
    install()
    output = build(onnx)
    assert output.read_bytes() == b"plan"
    assert json.loads(output.with_name("track.engine.json").read_text()) == {
        "sha256": sha256(output),
        "onnx_sha256": sha256(onnx),
        "tensorrt": "10.14.1.48",
        **HERE,
        "precision": "fp16",
        "flags": {"optimization_level": 3, "workspace_gib": None, "tf32": False},
        "profiles": [{"x": [[1, 2], [4, 2], [16, 2]]}],
        "inputs": INPUTS,
        "metadata": {},
    }


def test_errors_of_the_parser_are_in_the_message(onnx, install):
    install(errors=["no such operator: Foo", "and another"])
    with pytest.raises(ValueError, match=r"track\.onnx: .*no such operator: Foo; and another"):
        build(onnx)


def test_a_failed_build_leaves_no_file(onnx, install):
    install(plan=None)
    with pytest.raises(RuntimeError, match=r"track\.onnx: TensorRT found no engine"):
        build(onnx)
    assert not onnx.with_name("track.engine").exists()


def test_a_profile_must_have_every_dynamic_axis():
    with pytest.raises(ValueError, match=r"input x: the profile lacks the axes \['objects'\]"):
        profile_shapes(Path("track.onnx"), INPUTS, {"points": AxisRange(1, 2, 3)})


@pytest.mark.parametrize("numbers", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_a_range_in_the_wrong_order_is_rejected(numbers):
    with pytest.raises(ValueError, match="expected 1 <= min <= opt <= max"):
        AxisRange(*numbers)


def test_an_engine_runs_in_its_own_types(onnx, install):
    install()
    engine = TensorrtEngine(build(onnx), onnx, torch.device("cpu"))
    outputs = engine(x=torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert outputs["y"].dtype == torch.float16
    assert outputs["y"].tolist() == [[2, 3], [4, 5], [6, 7]]


def test_an_engine_rejects_unexpected_inputs(onnx, install):
    install()
    engine = TensorrtEngine(build(onnx), onnx, torch.device("cpu"))
    with pytest.raises(ValueError, match=r"expected inputs \['x'\], found \['z'\]"):
        engine(z=torch.zeros(1, 2))


def test_the_first_fitting_profile_is_used(onnx, install):
    library = install()
    output = build(onnx, [AxisRange(1, 1, 1), AxisRange(1, 8, 16)])
    engine = TensorrtEngine(output, onnx, torch.device("cpu"))
    for objects in (1, 5, 6, 1):
        engine(x=torch.zeros(objects, 2))
    assert library.calls["set_optimization_profile_async"] == [(0, 7), (1, 7)]


def test_the_contexts_of_all_profiles_share_the_memory_of_the_largest(onnx, install):
    library = install()
    output = build(onnx, [AxisRange(1, 1, 1), AxisRange(1, 8, 16)])
    engine = TensorrtEngine(output, onnx, torch.device("cpu"))
    for objects in (1, 5):
        outputs = engine(x=torch.ones(objects, 2))
        assert outputs["y"].tolist() == [[2, 2]] * objects
    assert sum(library.calls["scratch"].values()) == fake_tensorrt.SCRATCH


def test_the_largest_accepted_shapes_of_an_engine_can_be_read(onnx, install):
    install()
    output = build(onnx, [AxisRange(1, 1, 1), AxisRange(2, 8, 16)])
    engine = TensorrtEngine(output, onnx, torch.device("cpu"))
    assert engine.largest_shapes == {"x": (16, 2)}


def test_plugins_are_registered_before_a_network_is_parsed_or_an_engine_read(onnx, install):
    library = install()
    output = build(onnx)
    calls = list(library.calls)
    assert calls.index("init_libnvinfer_plugins") < calls.index("parse_from_file")
    library = install()
    TensorrtEngine(output, onnx, torch.device("cpu"))
    calls = list(library.calls)
    assert calls.index("init_libnvinfer_plugins") < calls.index("deserialize_cuda_engine")


def test_a_library_whose_plugins_cannot_be_registered_is_rejected(onnx, install):
    install(plugins=False)
    with pytest.raises(RuntimeError, match="TensorRT cannot register its plug-ins"):
        build(onnx)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], BuildFlags()),
        (["--optimization-level=5", "--workspace-gib=0.5"], BuildFlags(5, 0.5)),
    ],
)
def test_the_optimization_level_and_the_workspace_are_flags_of_a_build(flags, expected):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    assert build_flags(parser.parse_args(flags)) == expected


@pytest.mark.parametrize(
    "flag", ["--optimization-level=6", "--workspace-gib=0", "--workspace-gib=nan"]
)
def test_a_flag_out_of_range_is_rejected(flag, capsys):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([flag])
    name, value = flag.split("=")
    assert re.search(rf"argument {name}: expected .*, found '?{value}", capsys.readouterr().err)


def test_tensorrt_for_rtx_is_used_if_it_is_the_only_one(onnx, install, monkeypatch):
    library = install(version="1.7.1.116")
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", library)
    facts = read_engine_facts(build(onnx))
    assert facts["tensorrt"] == "1.7.1.116"
    flag = library.NetworkDefinitionCreationFlag.STRONGLY_TYPED
    assert library.calls["create_network"] == [(1 << flag,)]


def test_shapes_outside_all_profiles_are_rejected():
    with pytest.raises(
        ValueError, match=r"track\.engine: expected input shapes .*, found \{'x': \[17, 2\]\}"
    ):
        fitting_profile(Path("track.engine"), [{"x": [[1, 2], [4, 2], [16, 2]]}], {"x": [17, 2]})


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("tensorrt", "10.13.0.35"),
        ("gpu", "NVIDIA A100"),
        ("compute_capability", "8.0"),
        ("driver", "570.1"),
        ("onnx_sha256", "0"),
        ("sha256", "0"),
    ],
)
def test_an_engine_for_another_platform_or_file_is_rejected(key, other, onnx, install):
    install()
    output = build(onnx)
    facts = output.with_name("track.engine.json")
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {key: other}))
    message = rf"track\.engine: built for .*: {key}: expected .*, found '{other}'"
    with pytest.raises(ValueError, match=message):
        TensorrtEngine(output, onnx)


def test_an_engine_without_its_json_file_is_rejected(onnx, install):
    install()
    output = build(onnx)
    output.with_name("track.engine.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"track\.engine\.json: no such file"):
        TensorrtEngine(output, onnx)


def test_an_unreadable_engine_is_rejected(onnx, install):
    install(plan=b"broken")
    output = build(onnx)
    with pytest.raises(RuntimeError, match=r"track\.engine: TensorRT cannot read the engine"):
        TensorrtEngine(output, onnx)


def test_without_the_library_the_message_says_how_to_install_it(monkeypatch, onnx):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(RuntimeError, match=r"TensorRT cannot be loaded .*make setup WITH=gpu"):
        build(onnx)


def test_an_unsupported_version_is_rejected(onnx, install):
    install(version="9.3.0")
    message = r"TensorRT: expected a major version of \(10, 11\), found 9\.3\.0"
    with pytest.raises(RuntimeError, match=message):
        build(onnx)


def test_building_without_a_gpu_is_an_error(monkeypatch, onnx):
    monkeypatch.setitem(sys.modules, "tensorrt", fake_tensorrt.library())
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="no NVIDIA GPU found"):
            build(onnx)


def test_mask_rcnn_is_built_for_the_possible_numbers_of_boxes(
    exported, install, tmp_path, monkeypatch
):
    library = install()
    mask_rcnn.build_engines(exported("engines/masktrack_demo/fp32"), tmp_path / "built", FLAGS)
    assert sorted(path.name for path in (tmp_path / "built").glob("*.engine")) == [
        f"{name}.engine" for name in ("classify", "embed", "pyramid", "segment")
    ]
    heads = [(f"boxes{level}", [1, 4], [50, 4], [201, 4]) for level in range(4)]
    assert library.calls["set_shape"] == 3 * heads, "the image has one shape"
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    run = Runner("tensorrt", "cuda", str(tmp_path / "built"))
    with pytest.raises(RuntimeError, match="TensorRT cannot be loaded"):
        load_segmenter("", run, Limits())


def bindings():
    """Return the wheels of the bindings in the folder that TENSORRT_WHEELS names."""
    folder = os.environ.get("TENSORRT_WHEELS")
    return sorted(Path(folder).glob("tensorrt*bindings*.whl")) if folder else []


def test_the_names_of_the_fake_library_are_in_the_bindings():
    if not bindings():
        pytest.skip("TENSORRT_WHEELS names no folder with wheels tensorrt_cu13_bindings-*.whl")
    for wheel in bindings():
        with ZipFile(wheel) as archive:
            path = next(name for name in archive.namelist() if name.endswith("tensorrt.so"))
            data = archive.read(path)
        for name in fake_tensorrt.NAMES:
            missing = [part for part in name if part.encode() + b"\0" not in data]
            assert not missing, f"{wheel.name}: {name}"


def test_every_name_of_the_fake_library_is_used():
    code = "".join(
        Path(module.__file__).read_text()
        for module in (tensorrt_build, tensorrt_engine, tensorrt_library)
    )
    unused = [name for _, name in fake_tensorrt.NAMES if name not in code]
    assert not unused
