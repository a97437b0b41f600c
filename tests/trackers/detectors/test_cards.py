"""Network cards of detectors: their keys are checked and obeyed, on any engine."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
import yaml

from datasets.types import Extent, Frame, Sequence
from tests.support.messages import message_pattern
from tests.support.trackers.exported_detectors import (
    BOXES,
    CLASSES,
    IMAGE,
    METADATA,
    NAMES,
    PROTOTYPES,
    V8,
    V8_MASKED,
    Export,
    detect,
    load,
    selected,
)
from tests.support.trackers.exported_detectors import (
    card as card_keys,
)
from trackers.contract import load_tracker
from trackers.detectors.card import Card, read_card
from trackers.detectors.coco import COCO
from trackers.detectors.detector import make_detector
from trackers.detectors.letterbox import place
from trackers.engines.contract import TensorSpec

CARD = Card("network.onnx", "yolov8", ("red", "green", "blue"))


def write_card(folder, **changes):
    content = {"file": "network.onnx", "layout": "yolov8", "classes": NAMES} | changes
    path = folder / "card.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


class FakeEngine:
    """An engine that returns given outputs one after the other, and records its inputs."""

    metadata = MappingProxyType({})

    def __init__(self, *outputs, shape=(1, 3, 64, 96), dtype="float32", **further):
        self.inputs = (TensorSpec("images", shape, np.dtype(dtype)),)
        self.inputs += tuple(TensorSpec(*each, np.dtype("int64")) for each in further.items())
        self._outputs = [*outputs]
        self.calls = []

    def __call__(self, **inputs):
        self.calls.append(inputs)
        return {"output": self._outputs.pop(0)}


def v8(*detections):
    """Return (1, 7, N): centre, size and three scores of each detection."""
    return np.array([detections], np.float32).swapaxes(1, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": "yolo"}, "layout: expected one of ['boxes_labels_scores', ..., found 'yolo'"),
        ({"classes": [1]}, "classes: expected one of ['coco'] or a list of strings or"),
        ({"classes": []}, "classes: expected at least one name, found none"),
        ({"classes": {1: "a", 2: "b"}}, "classes: expected the numbers from 0 to 1, found [1, 2]"),
        ({"scroe": 1}, "'scroe': expected one of the keys file, ..., found an unknown key; did you "
                       "mean score?"),
        ({"size": [640]}, "size: expected a list of 2 integers of at least 1 or null, found [640]"),
        ({"size": [640.5, 640]}, "size: expected a list of 2 integers of at least 1"),
        ({"score": 25}, "score: expected a number from 0 to 1, found 25"),
        ({"score": "high"}, "score: expected a number from 0 to 1, found 'high'"),
        ({"overlap": -0.1}, "overlap: expected a number from 0 to 1 or null, found -0.1"),
        ({"fill": 256}, "fill: expected an integer from 0 to 255 or null, found 256"),
        ({"fit": "center"}, "fit: expected one of ['corner', 'centre', 'stretch'] or null, found"),
        ({"mean": [1, 2]}, "mean: expected a number or a list of 3 numbers or null, found [1, 2]"),
        ({"divide": [1, 0, 1]}, "divide: expected other than 0, found (1, 0, 1)"),
        ({"blue_first": 1}, "blue_first: expected true or false or null, found 1"),
        ({"boxes": "meters"}, "boxes: expected one of ['cells', 'pixels', 'fractions'] or null"),
        ({"max_count": 0}, "max_count: expected an integer of at least 1, found 0"),
        ({"min_boxes": 3}, "min_boxes: expected together with eps, found without"),
    ],
)  # fmt: skip
def test_an_invalid_card_is_refused(tmp_path, change, message):
    with pytest.raises(ValueError, match=message_pattern(f"card.yaml: {message}")):
        read_card(write_card(tmp_path, **change))


def test_a_missing_or_unreadable_card_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"networks\.json: expected the network card .*, found no file"
    ):
        read_card(tmp_path)
    (tmp_path / "card.yaml").write_text("a: [")
    with pytest.raises(ValueError, match=r"card\.yaml: not valid YAML: line 1"):
        read_card(tmp_path / "card.yaml")


def test_a_network_file_stands_for_a_card_that_names_it(tmp_path):
    assert read_card(tmp_path / "yolo11n.onnx") == Card("yolo11n.onnx")


@pytest.mark.parametrize(
    ("in_card", "of_method", "count"),
    [(0.0, 0.0, 3), (0.3, 0.0, 2), (0.0, 0.3, 2), (0.3, 0.5, 1), (0.5, 0.3, 1), (0.85, 0.1, 0)],
)
def test_the_scores_of_the_card_and_of_the_method_are_both_obeyed(in_card, of_method, count):
    rows = v8(*([20 + 20 * k, 20, 8, 8, *np.eye(3)[k] * (0.8, 0.4, 0.2)[k]] for k in range(3)))
    keys = Card("network.onnx", "yolov8", CARD.classes, score=in_card)
    detector = make_detector(FakeEngine(rows, rows), keys, "network.onnx", of_method)
    assert len(detect(detector).detections.score) == count


def test_detections_that_a_network_selects_itself_are_not_suppressed_unless_the_card_says_so():
    rows = np.array([[[0, 8, 48, 56, 0.9, 0], [4, 8, 52, 56, 0.8, 0]]], np.float32)
    for keys, count in (({}, 2), ({"overlap": 0.5}, 1)):
        card = Card("network.onnx", "end_to_end", CARD.classes, **keys)
        detector = make_detector(FakeEngine(rows, rows), card, "network.onnx")
        assert len(detect(detector).detections.score) == count


def test_the_count_of_detections_is_that_of_the_card():
    rows = v8(*([8 * k, 20, 8, 8, 0.9 - 0.1 * k, 0, 0] for k in range(6)))
    for keys, count in (({}, 6), ({"max_count": 2}, 2)):
        card = Card("network.onnx", "yolov8", CARD.classes, **keys)
        detector = make_detector(FakeEngine(rows, rows), card, "network.onnx")
        assert len(detect(detector).detections.score) == count


def test_float16_inputs_are_rounded_from_float32():
    rows = v8([20, 20, 8, 8, 0.9, 0, 0])
    engine = FakeEngine(rows, rows, dtype="float16")
    detect(make_detector(engine, CARD, "network.onnx"))
    found = engine.calls[1]["images"]
    assert (found.dtype, found.shape) == (np.float16, (1, 3, 64, 96))
    placed, _ = place(IMAGE, (64, 96), "centre", 114)
    expected = (placed.astype(np.float32) / 255).astype(np.float16).transpose(2, 0, 1)[None]
    np.testing.assert_array_equal(found, expected)


def test_further_inputs_ask_for_boxes_in_pixels_of_the_input():
    rows = v8([20, 20, 8, 8, 0.9, 0, 0])
    further = {"orig_target_sizes": (1, 2), "im_shape": (1, 2), "scale_factor": (1, 2)}
    engine = FakeEngine(rows, rows, **further)
    detect(make_detector(engine, CARD, "network.onnx"))
    found = {name: engine.calls[1][name].tolist() for name in further}
    assert found == {
        "orig_target_sizes": [[96, 64]],
        "im_shape": [[64, 96]],
        "scale_factor": [[1, 1]],
    }


def test_boxes_in_fractions_are_refused_where_the_plain_image_has_none():
    nothing = np.zeros((1, 2, 6), np.float32)
    rows = np.array([[[0.1, 0.1, 0.3, 0.9, 0.8, 1], [0] * 6]], np.float32)
    keys = {"layout": "end_to_end", "classes": CARD.classes}
    detector = make_detector(
        FakeEngine(nothing, rows), Card("network.onnx", **keys), "network.onnx"
    )
    message = "network.onnx: boxes: expected pixels of the input, found corners of at most 0.9"
    with pytest.raises(ValueError, match=message_pattern(message)):
        detect(detector)
    said = Card("network.onnx", **keys, boxes="fractions")
    found = detect(make_detector(FakeEngine(nothing, rows), said, "network.onnx")).detections
    np.testing.assert_allclose(found.box, [[8, 0, 24, 40]], atol=1e-5)


def test_output_that_is_not_finite_is_an_error_and_not_an_empty_result():
    outputs = v8([20, 20, 8, 8, 0, 0, 0]), v8([20, 20, 8, 8, np.nan, 0, 0])
    detector = make_detector(FakeEngine(outputs[0], *outputs), CARD, "half.onnx")
    assert len(detect(detector).detections.score) == 0
    with pytest.raises(ValueError, match=r"half\.onnx: the output of the network is not finite"):
        detect(detector)


def test_masks_are_computed_only_if_they_are_requested(tmp_path):
    detector = load(tmp_path, Export([V8_MASKED, PROTOTYPES], card_keys("yolov8")))
    assert detector.with_masks
    assert detect(detector).mask is None
    assert detect(detector, masks=True).mask.shape == (3, 40, 80)
    assert not load(tmp_path, Export([V8], card_keys("yolov8"))).with_masks


def test_masks_of_an_end_to_end_network_are_reported_by_the_method_detected(tmp_path):
    output = selected(8, 4, 5)
    output.array[0, :3, 6] = [1, 1, -1]  # weight of the first prototype, which is 1
    metadata = METADATA | {"task": "segment", "end2end": "True"}
    load(tmp_path, Export([output, PROTOTYPES], metadata=metadata))
    tracker = load_tracker("detected", {"detector": str(tmp_path / "network.onnx"), "masks": True})
    tracker.start(Sequence("d", "s", Extent(40, 80, 1, CLASSES), 25.0))
    found = tracker.step(Frame(0, IMAGE))
    assert found.mask.sum((1, 2)).tolist() == [400, 400, 0]
    for mask, (left, top, right, bottom) in zip(found.mask[:2], BOXES, strict=False):
        assert mask[top:bottom, left:right].all()


def test_masks_that_nobody_can_report_are_an_error(tmp_path):
    load(tmp_path, Export([V8], metadata=METADATA))
    options = {"detector": str(tmp_path / "network.onnx"), "masks": True}
    with pytest.raises(ValueError, match="masks: expected a detector that outputs masks, found"):
        load_tracker("detected", options)
    with pytest.raises(ValueError, match="masks: expected false with a tracking method"):
        load_tracker("detected", options | {"tracker": "sort"})


@pytest.mark.parametrize("names", [str(dict(enumerate(COCO))), str([*COCO])])
def test_the_classes_of_coco_are_those_of_the_metadata(names):
    rows = np.zeros((1, 84, 5), np.float32)
    engine = FakeEngine(rows)
    engine.metadata = METADATA | {"names": names}
    detector = make_detector(engine, Card("network.onnx", "yolov8", "coco"), "network.onnx")
    detector.start({7: "pedestrian"})
