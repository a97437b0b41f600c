"""The configuration files for DeepStream: only documented keys, in the structure of NVIDIA's."""

from __future__ import annotations

from configparser import ConfigParser

import pytest
import yaml

from tests.support.trackers.deepstream_case import Case
from trackers.contract import load_method
from trackers.methods.deepstream.files import NETWORKS
from trackers.methods.deepstream.run_folder import configuration, write_files

APPLICATION = {  # documented keys of the reference application, by group
    "application": {
        "enable-perf-measurement", "perf-measurement-interval-sec", "gie-kitti-output-dir",
        "kitti-track-output-dir",
    },
    "source0": {"enable", "type", "uri", "num-sources", "gpu-id"},
    "streammux": {
        "gpu-id", "live-source", "batch-size", "batched-push-timeout", "width", "height",
        "enable-padding",
    },
    "primary-gie": {"enable", "gie-unique-id", "gpu-id", "interval", "config-file", "batch-size"},
    "tracker": {
        "enable", "gpu-id", "tracker-width", "tracker-height", "ll-lib-file", "ll-config-file",
        "display-tracking-id",
    },
    "sink0": {"enable", "type", "sync", "gpu-id"},
    "osd": {"enable"},
    "tiled-display": {"enable"},
    "tests": {"file-loop"},
}  # fmt: skip
DETECTOR = {  # documented keys of Gst-nvinfer
    "property": {
        "gpu-id", "net-scale-factor", "onnx-file", "labelfile-path", "infer-dims", "batch-size",
        "network-mode", "num-detected-classes", "process-mode", "gie-unique-id", "cluster-mode",
        "model-engine-file", "int8-calib-file", "interval", "offsets", "output-blob-names",
    },
    "class-attrs": {
        "pre-cluster-threshold", "post-cluster-threshold", "nms-iou-threshold", "minBoxes",
        "dbscan-min-score", "eps", "detected-min-w", "detected-min-h", "topk",
    },
}  # fmt: skip
SEGMENTER = {  # keys of config_tracker_module_Segmenter.yml as shipped with 8.0, without a group
    "outputLabelNum", "hiddenDim", "encoderFeatureDim", "inferDims", "inputOrder", "colorFormat",
    "offsets", "netScaleFactor", "useVPICropScaler", "updateMemBankPrompt",
    "minIouDiff4MemoryUpdate", "minMemoryUpdateConfidence", "maskMemoryUpdateInterval",
    "minIouPrevFrame4ProgBbox", "minPromptUpdateConfidence", "numConditionalMem",
}  # fmt: skip
NETWORK = {"batchSize", "workspaceSize", "networkMode", "onnxFile", "modelEngineFile"}


@pytest.fixture
def case(tmp_path, monkeypatch):
    return Case(tmp_path, monkeypatch)


def written(case, **more):
    options = case.options(**more)
    write_files(case.folder, configuration(62, 46, options), options)
    contents = {}
    for name in ("application", "detector"):
        parser = ConfigParser()
        parser.optionxform = str
        parser.read(case.folder / f"{name}.txt")
        contents[name] = {group: dict(parser[group]) for group in parser.sections()}
    for name in ("tracker", "segmenter"):
        text = (case.folder / f"{name}.yml").read_text()
        assert text.startswith("%YAML:1.0\n")
        contents[name] = yaml.safe_load(text.split("---\n", 1)[1])
    return contents


def test_only_documented_keys_are_written(case):
    contents = written(case)
    for group, keys in contents["application"].items():
        assert set(keys) <= APPLICATION[group], group
    for group, keys in contents["detector"].items():
        assert set(keys) <= DETECTOR[group.rstrip("-0123456789")], group
    assert contents["detector"]["class-attrs-2"] == {"pre-cluster-threshold": "1.0"}
    assert contents["detector"]["property"]["model-engine-file"] == "/engines/detector.engine"
    assert contents["application"]["streammux"]["width"] == "62"
    assert contents["tracker"]["TargetManagement"]["probationAge"] == 4


def test_the_segmenter_has_its_keys_at_the_top_level(case):
    segmenter = written(case)["segmenter"]
    assert set(segmenter) == SEGMENTER | set(NETWORKS)
    for name in NETWORKS:
        further = {"builderOptimizationLevel"} if name == "MemoryAttention" else set()
        assert set(segmenter[name]) == NETWORK | further
    assert segmenter["MemoryAttention"]["builderOptimizationLevel"] == 5


def test_the_shipped_values_are_the_defaults_of_masktracker(case):
    defaults = load_method("masktracker").options
    contents = written(case)
    groups = [*contents["tracker"].values(), contents["segmenter"]]
    shipped = {key: value for group in groups for key, value in group.items()}
    key_of = {
        "".join(c if not c.isupper() else f"_{c.lower()}" for c in key): key for key in shipped
    }
    key_of = {name.replace("4", "_4"): key for name, key in key_of.items()}
    both = set(key_of) & set(defaults)
    assert len(both) >= 20
    for name in both:
        assert shipped[key_of[name]] == pytest.approx(float(defaults[name])), name


def test_the_detector_runs_in_int8_with_a_calibration_table(case):
    table = case.folder / "table.txt"
    table.write_text("TRT-8601-EntropyCalibration2\n")
    detector = written(case, calibration=str(table))["detector"]["property"]
    assert detector["network-mode"] == "1"
    assert detector["int8-calib-file"] == "/run_folder/calibration.txt"
    assert (case.folder / "calibration.txt").read_text() == table.read_text()
    assert written(case)["detector"]["property"]["network-mode"] == "2"


def test_values_can_be_overridden_but_unknown_keys_are_rejected(case):
    values = {
        "tracker.TargetManagement.probationAge": 9,
        "application.sink0.sync": 1,
        "segmenter.numConditionalMem": 2,
        "segmenter.MaskDecoder.batchSize": 20,
    }
    contents = written(case, overrides=values)
    assert contents["tracker"]["TargetManagement"]["probationAge"] == 9
    assert contents["application"]["sink0"]["sync"] == "1"
    assert contents["segmenter"]["numConditionalMem"] == 2
    assert contents["segmenter"]["MaskDecoder"]["batchSize"] == 20
    for wrong in (
        "tracker.TargetManagement.probatoinAge",
        "trakcer.A.b",
        "tracker.Nothing.b",
        "segmenter.Segmenter.numConditionalMem",
        "segmenter.numConditionalMemory",
    ):
        with pytest.raises(ValueError, match="overrides: "):
            written(case, overrides={wrong: 1})
