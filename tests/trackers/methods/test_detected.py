"""Detector export, detectors loaded by their network card, and detectors with a box tracker."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from datasets.media.frames import decode_frames
from datasets.readers import synthetic
from datasets.types import Extent, Frame, Sequence, Tracks
from metrics.score import score_tracks
from tests.support.paths import ROOT
from trackers.contract import load_tracker
from trackers.detectors.detector import load_detector
from trackers.detectors.export import load_yolox
from trackers.detectors.layouts.yolo import yolox
from trackers.detectors.yolox import Yolox
from trackers.engines.onnx_engine import OnnxEngine

DEMO = ROOT / "trackers" / "weights" / "yolox_demo.safetensors"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "nano.safetensors"
    torch.manual_seed(0)
    save_file(Yolox("nano", 2).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def folder(exported):
    return exported("engines/yolox_demo/fp32")


@pytest.mark.slow
def test_the_exported_network_agrees_with_pytorch(folder):
    height, width = 288, 384
    images = np.random.default_rng(0).uniform(0, 255, (1, 3, height, width)).astype(np.float32)
    with torch.no_grad():
        expected = load_yolox("nano", DEMO, 1)(torch.tensor(images))[0].numpy()
    found = OnnxEngine(folder / "detect.onnx")(images=images)["output"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    cells = sum((height // stride) * (width // stride) for stride in (8, 16, 32))
    assert len(yolox([found], (height, width), 1).box) == cells


@pytest.mark.slow
def test_an_export_folder_is_loaded_as_a_detector(folder):
    detector = load_detector(str(folder), score=0.0)
    detector.start({7: "pedestrian"})
    image = np.random.default_rng(0).integers(0, 255, (100, 80, 3), np.uint8)
    found = detector(image).detections
    assert set(found.class_id.tolist()) == {7}
    assert ((found.box >= 0) & (found.box <= [80, 100, 80, 100])).all()


@pytest.mark.slow
def test_weights_of_another_size_are_rejected(weights):
    with pytest.raises(ValueError, match=r"no checkpoint of size 'tiny' and 2 classes"):
        load_yolox("tiny", weights, 2)
    with pytest.raises(ValueError, match=r"no checkpoint of size 'nano' and 80 classes"):
        load_yolox("nano", weights, 80)
    with pytest.raises(ValueError, match=r"size: expected one of .*, found 'huge'"):
        load_yolox("huge", weights, 2)


@pytest.mark.slow
def test_a_box_tracker_tracks_the_detections_of_a_real_detector(shared, tmp_path):
    card = tmp_path / "yolox.yaml"
    card.write_text("file: yolox_nano.onnx\nlayout: yolox\nclasses: coco\n")
    (tmp_path / "yolox_nano.onnx").symlink_to(shared / "weights" / "yolox_nano.onnx")
    tracker = load_tracker("detected", {"detector": str(card), "tracker": "bytetrack"})
    video = shared / "videos" / "one-by-one-person-detection.mp4"
    images = [image for _, image in islice(decode_frames(video), 290, 310)]
    extent = Extent(*images[0].shape[:2], len(images), {1: "pedestrian"})
    tracker.start(Sequence("d", "s", extent, 10.0))
    outputs = [tracker.step(Frame(index, image)) for index, image in enumerate(images)]
    assert [output.track.tolist() for output in outputs] == [[1]] * 20


@pytest.mark.slow
def test_the_demo_detector_finds_the_people_of_the_test_split(folder, tmp_path):
    tracker = load_tracker("detected", {"detector": str(folder), "min_score": 0.01})
    prepared = synthetic.read("synthetic", None, "crowd", tmp_path)
    sequence, truth = prepared.sequence, prepared.truth
    tracker.start(sequence)
    frames = [
        (frame, tracker.step(Frame(frame, image)))
        for frame, (_, image) in enumerate(decode_frames(tmp_path / "images"))
        if frame % 10 == 0
    ]
    found = as_tracks(sequence.extent, frames)
    truth = truth.take(truth.frame % 10 == 0)
    scores = score_tracks(truth, found, "coco", ["coco_box_ap"])["values"]
    assert scores["box AP50"] >= 0.85
    assert len(set(found.track.tolist())) == len(found)


def as_tracks(extent, frames) -> Tracks:
    columns = {
        name: np.concatenate([getattr(output, name) for _, output in frames])
        for name in ("track", "class_id", "score", "box")
    }
    frame = np.repeat([frame for frame, _ in frames], [len(each.track) for _, each in frames])
    return Tracks(extent, frame, **columns)


def test_an_unknown_tracker_or_tracker_option_is_rejected(folder):
    options = {"detector": str(folder), "tracker": "bytetrak"}
    with pytest.raises(ValueError, match=r"options\.tracker: expected one of .*, found 'bytetrak'"):
        load_tracker("detected", options)
    options |= {"tracker": "bytetrack", "tracker_options": {"hgih": 1}}
    with pytest.raises(
        ValueError, match=r"options\.tracker_options: expected some of .*, found \['hgih'\]"
    ):
        load_tracker("detected", options)
