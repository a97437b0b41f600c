"""What exports and builds the networks of a model."""

from __future__ import annotations

import pytest

from tests.support.paths import ROOT
from workflow.planning.models import Models
from workflow.planning.plan import Plan

ENGINES = {
    "demo": {
        "kind": "sam2",
        "weights": "demo.pt",
        "size": "tiny",
        "objects": ["1", "8"],
        "parity": ["fp32/onnxruntime", "fp16/tensorrt"],
    },
    "yolox": {"kind": "yolox", "weights": "random", "classes": ["-a", "b"], "input": ["64", "96"]},
    "osnet": {
        "kind": "osnet",
        "weights": "data/weights/osnet_x0_25_msmt17.pth",
        "objects": ["1:8:32"],
    },
    "card": {"kind": "onnx_detector", "weights": "config/cards/yolox_nano.yaml"},
}


@pytest.fixture
def models() -> Models:
    options = {"networks": "engines/demo/fp32", "detector": "engines/yolox/fp32"}
    variants = {
        "yolo_sam2": {"method": "yolo_sam2", "options": options},
        "sort": {"method": "sort"},
        "other": {"method": "sam2_prompted", "options": {"networks": "engines/other/fp32"}},
    }
    runs = [{"dataset": "own", "variants": ["sort", "yolo_sam2"]}]
    datasets = {"own": {"protocol": "plain"}}
    config = {"engines": ENGINES, "variants": variants, "run": runs, "datasets": datasets}
    return Models(Plan(config))


def test_random_weights_are_no_file(models):
    assert models.weights("demo") == ["demo.pt"]
    assert models.weights("yolox") == []


def test_an_export_is_told_what_a_model_of_its_kind_has(models):
    assert models.export_flags("demo") == ["--weights=demo.pt", "--size=tiny"]
    flags = ["--weights=random", "--classes=-a", "--classes=b", "--input", "64", "96"]
    assert models.export_flags("yolox") == flags
    assert models.export_code("demo") != models.export_code("yolox")


def test_an_engine_is_built_of_models_of_every_kind(models):
    assert models.build_program("demo") == "trackers.sam2.build"
    assert models.build_flags("demo") == ["--objects", "1", "8"]
    for model in ("yolox", "osnet", "card"):
        assert models.build_program(model) == "trackers.networks.build"
    assert models.build_flags("osnet") == ["--objects", "1:8:32"]
    assert models.build_flags("yolox") == []


def test_a_network_card_is_converted_and_its_network_is_an_input(models, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert models.export_program("card") == "trackers.detectors.convert"
    assert models.export_flags("card") == ["--card=config/cards/yolox_nano.yaml"]
    files = ["config/cards/yolox_nano.yaml", "data/weights/yolox_nano.onnx"]
    assert models.weights("card") == files
    assert models.weights("osnet") == ["data/weights/osnet_x0_25_msmt17.pth"]
    assert models.export_flags("osnet") == ["--weights=data/weights/osnet_x0_25_msmt17.pth"]


def test_an_engine_is_compared_with_the_files_it_was_built_from(models):
    assert models.parity_networks("demo", "fp32", "torch") == {}
    assert models.parity_networks("demo", "fp16", "tensorrt") == {
        "networks": "engines/demo/fp16/tensorrt/networks.json",
        "onnx": "engines/demo/fp16/networks.json",
    }


def test_the_page_shows_the_parity_of_models_of_the_run_alone(models):
    assert models.parities() == [
        "engines/demo/fp32/parity_onnxruntime.json",
        "engines/demo/fp16/parity_tensorrt.json",
    ]
