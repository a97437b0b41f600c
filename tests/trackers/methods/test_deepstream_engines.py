"""DeepStream's engines are built once, recorded, and refused elsewhere; SAM 2 and videos."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.io.files import sha256
from datasets.io.program import run_main
from tests.support.messages import message_pattern
from tests.support.paths import ROOT
from tests.support.trackers.deepstream_case import GPU, Case
from trackers.methods.deepstream import engines, sam2_export, videos
from trackers.methods.deepstream.engine_paths import engines_path
from trackers.methods.deepstream.engines import NAMES
from trackers.weights.fetch import Published


@pytest.fixture
def case(tmp_path, monkeypatch):
    return Case(tmp_path, monkeypatch)


@pytest.mark.slow
def test_engines_are_built_once_for_two_sequences(case):
    assert case.build() == 0
    assert case.run() == 0
    assert case.run(case.prepare("second", 24), case.folder / "second") == 0
    built = ["detector", "ImageEncoder", "MaskDecoder", "MemoryAttention", "MemoryEncoder"]
    assert case.docker.builds == built
    record = json.loads(case.engines.read_text())
    assert record["engines"].keys() == {*NAMES}
    for name in NAMES:
        assert record["engines"][name] == sha256(case.engines.with_name(f"{name}.engine"))
    assert {name: record[name] for name in GPU} == GPU
    assert record["image"] == "deepstream:9.0"
    assert record["settings"]["detector"]["network-mode"] == 2


@pytest.mark.slow
def test_the_folder_of_the_networks_is_not_changed(case):
    before = {path.name for path in case.models.iterdir()}
    assert (case.build(), case.run()) == (0, 0)
    assert {path.name for path in case.models.iterdir()} == before


@pytest.mark.parametrize("change", ["gpu", "network", "image", "settings"])
def test_engines_of_something_else_are_refused(case, monkeypatch, capsys, change):
    assert case.build() == 0
    more = {"image": {"image": "deepstream:9.1"}}.get(change, {})
    if change == "gpu":
        monkeypatch.setattr(engines, "identify_gpu", lambda: GPU | {"gpu": "NVIDIA Other"})
    if change == "network":
        (case.models / "mask_decoder.onnx").write_text("another")
    if change == "settings":
        more = {"overrides": {"segmenter.MaskDecoder.batchSize": 20}}
    assert case.run(**more) == 2
    name = {"network": "networks"}.get(change, change)
    expected = f"engines.json: {name}: expected ..., found ...: make the engines again: snakemake"
    assert re.search(message_pattern(expected), capsys.readouterr().err)


@pytest.mark.slow
def test_an_engine_that_the_container_builds_again_is_an_error(case, capsys):
    assert case.build() == 0
    case.engines.with_name("detector.engine").unlink()
    assert case.run() == 1
    error = capsys.readouterr().err
    assert "expected engines that the container loads, but it built /run_folder/detector" in error
    assert not case.result("tracks.parquet").exists()


@pytest.mark.parametrize("failure", ["unbuildable", "stopped", "no GPU"])
def test_a_failed_build_leaves_no_record(case, monkeypatch, capsys, failure):
    def no_gpu():
        raise RuntimeError("no NVIDIA GPU found: NVML Shared Library Not Found")

    if failure == "no GPU":
        monkeypatch.setattr(engines, "identify_gpu", no_gpu)
    case.set(unbuildable=failure == "unbuildable", hang=failure == "stopped")
    code = case.build()
    expected = {"unbuildable": 1, "stopped": 143, "no GPU": 1}
    texts = {"unbuildable": "build engine file failed", "no GPU": "no NVIDIA GPU found"}
    assert code == expected[failure]
    assert texts.get(failure, "") in capsys.readouterr().err
    assert not case.engines.parent.exists()


def test_variants_share_engines_unless_something_that_they_depend_on_differs(case):
    path = engines_path(case.options())
    assert path.parts[:2] == ("engines", "deepstream")
    for more in ({"interval": 2}, {"overrides": {"tracker.TargetManagement.probationAge": 2}}):
        assert engines_path(case.options(**more)) == path
    differ = [
        {"image": "deepstream:8.0"},
        {"detector": "another.onnx"},
        {"calibration": "table.txt"},
        {"overrides": {"detector.property.network-mode": 0}},
    ]
    assert len({path, *(engines_path(case.options(**more)) for more in differ)}) == 5


def export(case, monkeypatch, size="tiny", release="9.1"):
    weights = case.folder / "weights.pt"
    weights.write_text("a checkpoint")
    output = case.folder / "sam2" / "export.json"
    words = ["--release", release, "--size", size, "--weights", weights, "--output", output]
    words += ["--docker", case.docker.path]
    monkeypatch.setattr(sys, "argv", ["program", *map(str, words)])
    return run_main(sam2_export.main), output


def test_sam2_is_exported_in_the_container(case, monkeypatch):
    code, output = export(case, monkeypatch)
    assert code == 0
    record = json.loads(output.read_text())
    assert record["image"] == "nvcr.io/nvidia/deepstream:9.1-triton-multiarch"
    assert record["exporter"] == "https://github.com/NVIDIA/DeepStream.git"
    assert record["commit"] == "0123456789012345678901234567890123456789"
    assert record["weights"] == sha256(case.folder / "weights.pt")
    assert (output.parent / "mask_decoder.onnx").read_text() == "mask_decoder of tiny"
    assert len(record["networks"]) == 4
    (call,) = case.docker.calls
    assert call[-3:] == ["tiny", record["exporter"], "tools/sam2-onnx-tensorrt"]
    assert "--gpus" not in call


def test_an_export_without_a_network_is_an_error(case, monkeypatch, capsys):
    case.set(exported=("image_encoder", "mask_decoder"))
    code, output = export(case, monkeypatch)
    assert code == 1
    assert "found none of ['memory_attention.onnx', 'memory_encoder.onnx']" in (
        capsys.readouterr().err
    )
    assert not output.exists()


def test_the_script_that_exports_is_valid():
    script = ROOT / "trackers/methods/deepstream/export_sam2.sh"
    subprocess.run(["bash", "-n", script], check=True)
    assert "set -euo pipefail" in script.read_text()


@pytest.mark.parametrize("content", [b"\0\0\0\x20ftypisom", b"version https://git-lfs"])
def test_a_video_of_the_sample_is_a_video(tmp_path, monkeypatch, content):
    def download(self, url, output, _):
        Path(output).write_bytes(content)

    monkeypatch.setattr("pooch.HTTPDownloader.__call__", download)
    output = tmp_path / "bodypose.mp4"
    if b"ftyp" in content:
        videos.download(videos.VIDEOS["bodypose.mp4"], output)
        assert output.read_bytes() == content
        return
    with pytest.raises(ValueError, match="expected an MP4 file, found one of b'version"):
        videos.download(Published("https://example.org/a.mp4", "none"), output)
    assert not [*tmp_path.iterdir()]


def test_the_videos_of_the_sample_are_those_of_its_readme():
    assert sorted(videos.VIDEOS) == ["Retail02_short.mp4", "bodypose.mp4"]
