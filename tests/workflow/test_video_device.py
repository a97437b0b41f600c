"""The flag `--device` of `workflow.video` chooses the device of SAM 2, or else of the detector."""

from __future__ import annotations

from argparse import Namespace

import pytest
import yaml

from tests.support.paths import ROOT
from workflow.videos.variant import choose_variant


@pytest.mark.parametrize(
    ("variant", "option"), [("bytetrack", "detector_device"), ("masktracker", "device")]
)
def test_the_device_is_that_of_sam2_or_else_of_the_detector(variant, option, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    weights = ROOT / "trackers" / "weights" / "yolox_demo.safetensors"
    keys = {"file": str(weights), "layout": "yolox", "classes": ["person"], "size": [288, 384]}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(keys))
    unset = dict.fromkeys(
        ("sam2", "checkpoint", "model_config", "zone", "key_frame", "mask_threshold", "prompts")
    )
    flags = {"variant": variant, "detector": str(tmp_path / "card.yaml"), "device": "cuda"}
    chosen = choose_variant(Namespace(config=[], options={}, **unset, **flags))
    assert {name: each for name, each in chosen.options.items() if "device" in name} == {
        option: "cuda"
    }
