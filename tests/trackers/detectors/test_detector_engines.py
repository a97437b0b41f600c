"""Detectors on every engine, on a device of their own: the same boxes."""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from unittest.mock import Mock

import numpy as np
import pytest
import torch
import yaml

from datasets.media.frames import decode_frames
from tests.support.paths import ROOT
from tests.support.trackers.official_weights import official_nano
from trackers.contract import load_tracker
from trackers.detectors.detector import load_detector
from trackers.networks.runner import NetworkRunner

DEMO = ROOT / "trackers" / "weights" / "yolox_demo.safetensors"


def write_card(folder, **keys):
    path = folder / "card.yaml"
    path.write_text(yaml.safe_dump({"layout": "yolox"} | keys))
    return str(path)


def detect(path, image, **runner):
    detector = load_detector(path, NetworkRunner(**runner), score=0.25)
    detector.start({1: "pedestrian"})
    return detector(image).detections


@pytest.fixture(scope="module")
def people(crossing):
    """An image of a synthetic sequence."""
    return next(islice(decode_frames(crossing.parent / "images"), 20, None))[1]


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-3), ("bf16", 4.0)])
def test_a_checkpoint_on_pytorch_gives_the_boxes_of_its_export(
    exported, people, tmp_path, precision, tolerance
):
    expected = detect(str(exported("engines/yolox_demo/fp32")), people)
    card = write_card(tmp_path, file=str(DEMO), classes=["person"], size=[288, 384])
    found = detect(card, people, precision=precision)
    assert len(expected.score) >= 2
    assert len(found.score) == len(expected.score)
    nearest = np.abs(found.box[:, None] - expected.box).max(-1).argmin(1)
    assert sorted(nearest) == [*range(len(nearest))]
    np.testing.assert_allclose(found.box, expected.box[nearest], atol=tolerance)
    np.testing.assert_allclose(found.score, expected.score[nearest], atol=tolerance / 50)


@pytest.mark.slow
def test_the_official_nano_gives_the_same_boxes_on_pytorch(shared, tmp_path):
    video = shared / "videos" / "one-by-one-person-detection.mp4"
    image = next(islice(decode_frames(video), 300, None))[1]
    source = shared / "weights" / "yolox_nano.onnx"
    expected = detect(write_card(tmp_path, file=str(source), classes="coco"), image)
    content = {"model": official_nano(source).state_dict(), "best_ap": np.float64(0.25)}
    torch.save(content, tmp_path / "yolox_nano.pth")
    card = write_card(tmp_path, file="yolox_nano.pth", classes="coco", size=[416, 416])
    found = detect(card, image)
    assert len(expected.score) == 1
    np.testing.assert_allclose(found.score, expected.score, atol=1e-5)
    np.testing.assert_allclose(found.box, expected.box, atol=1e-3)


@pytest.mark.parametrize("method", ["masktracker", "yolo_sam2"])
def test_a_detector_does_not_follow_the_device_of_sam2(method, tmp_path, monkeypatch):
    tracker, devices = import_module(f"trackers.methods.{method}.tracker"), []
    monkeypatch.setattr(tracker, "load_networks", lambda *model: devices.append(model[2].device))
    monkeypatch.setattr(tracker, "Session", Mock())
    card = write_card(tmp_path, file=str(DEMO), classes=["person"], size=[64, 64])
    options = {"device": "cuda", "detector": card}
    assert load_tracker(method, options)
    assert devices == ["cuda"]
    if not torch.cuda.is_available():
        message = r"yolox_demo\.safetensors: device 'cuda': expected a CUDA device, found none"
        with pytest.raises(RuntimeError, match=message):
            load_tracker(method, options | {"detector_device": "cuda"})
