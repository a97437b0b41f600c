"""Every file that an option names and a rule makes is an input of the job, so it is made first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from trackers.weights.fetch import read_catalogue
from workflow.planning.entries import Variant

WEIGHTS = "data/weights/sam2.1_hiera_tiny.pt"
NETWORKS = "engines/sam2_tiny/fp16"
NANO, OSNET = "config/cards/yolox_nano.yaml", "config/cards/osnet.yaml"
TINY = {"size": "tiny", "weights": WEIGHTS}
CASES = [
    ("sam2_prompted", TINY, [WEIGHTS]),
    ("sam2_prompted", TINY | {"engine": "torch", "device": "cuda", "precision": "bf16"}, [WEIGHTS]),
    (
        "sam2_prompted",
        {"engine": "onnxruntime", "networks": NETWORKS},
        [f"{NETWORKS}/networks.json"],
    ),
    (
        "masktracker",
        {"engine": "tensorrt", "networks": f"{NETWORKS}/tensorrt", "detector": NANO},
        [f"{NETWORKS}/tensorrt/networks.json", NANO, "data/weights/yolox_nano.onnx"],
    ),
    ("masktracker", TINY | {"detector": NANO}, [WEIGHTS, "data/weights/yolox_nano.onnx"]),
    (
        "yolo_sam2",
        TINY | {"detector": "engines/yolox_x/bf16/tensorrt"},
        [WEIGHTS, "engines/yolox_x/bf16/tensorrt/networks.json"],
    ),
    ("detected", {"detector": NANO}, [NANO, "data/weights/yolox_nano.onnx"]),
    (
        "detected",
        {"detector": "{folder}/card.yaml"},
        ["{folder}/card.yaml", "data/weights/yolox_s.pth"],
    ),
    (
        "detected",
        {
            "detector": "engines/yolox_s/fp16",
            "tracker": "deepsort",
            "tracker_options": {"embedding": "engines/osnet_x0_25/fp16/tensorrt"},
        },
        [
            "engines/yolox_s/fp16/networks.json",
            "engines/osnet_x0_25/fp16/tensorrt/networks.json",
        ],
    ),
    (
        "detected",
        {"detector": NANO, "tracker": "deepsort", "tracker_options": {"embedding": OSNET}},
        [OSNET, "data/weights/osnet_x0_25_msmt17.pth"],
    ),
    ("deepsort", {"embedding": OSNET}, [OSNET, "data/weights/osnet_x0_25_msmt17.pth"]),
    (
        "masktrack_rcnn",
        {"engine": "tensorrt", "networks": "engines/masktrack_demo/fp16/tensorrt"},
        ["engines/masktrack_demo/fp16/tensorrt/networks.json"],
    ),
    ("masktrack_rcnn", {"engine": "torch"}, ["trackers/weights/masktrack_demo.safetensors"]),
    ("sam2_prompted", {"size": "{folder}/own.yaml"}, ["{folder}/own.yaml"]),
]


@pytest.mark.parametrize(("method", "options", "expected"), CASES)
def test_the_files_of_a_variant_are_inputs_before_they_exist(
    method, options, expected, tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    assert not Path(WEIGHTS).exists(), "the test is about files that are still to be downloaded"
    (tmp_path / "own.yaml").write_text("trunk: {}\n")
    network = ROOT / "data" / "weights" / "yolox_s.pth"
    (tmp_path / "card.yaml").write_text(f"file: {network}\nlayout: yolox\nclasses: coco\n")
    options = {
        name: value.format(folder=tmp_path) if isinstance(value, str) else value
        for name, value in options.items()
    }
    entry = Variant("mine", {"method": method, "options": options})
    found = {str(path) for path in entry.files(None, "sequence")}
    assert {each.format(folder=tmp_path) for each in expected} <= found


def test_weights_that_no_rule_makes_are_left_to_the_tracker():
    for weights in ("data/weights/of_nobody.pt", "nowhere/sam2.1_hiera_tiny.pt", "random"):
        entry = Variant("mine", {"method": "sam2_prompted", "options": {"weights": weights}})
        assert weights not in {str(path) for path in entry.files(None, "sequence")}


def test_the_rule_that_downloads_accepts_every_file_of_the_catalogue():
    rules = (ROOT / "workflow" / "rules" / "common.smk").read_text()
    pattern = re.search(r'file=r"(.*)"', rules)[1]
    assert all(re.fullmatch(pattern, name) for name in read_catalogue())
