"""Outputs and inputs of the exported detectors of the manifest, which all see the same image.

The image has 80 x 40 pixels of one colour, the input of the networks 96 x 64. The three detections
are the same in every layout, and their scores are the red, green and blue of the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tests.support.trackers.detector_exports import (
    HEIGHT,
    PLAIN,
    WIDTH,
    Image,
    Output,
    centred,
    rows,
    transposed,
    write_network,
)
from trackers.detectors.candidates import DetectedObjects
from trackers.detectors.detector import Detector, load_detector

NAMES = ["red", "green", "blue"]
CLASSES = {1: "red", 2: "green", 3: "blue"}
IMAGE = np.full((40, 80, 3), [204, 102, 51], np.uint8)
SCORES = [0.8, 0.4, 0.2]
BOXES = [[10, 5, 30, 25], [50, 10, 70, 30], [20, 10, 60, 30]]
# the boxes in the input, by how the image is fitted to it
CENTRE = np.array([[12, 14, 36, 38], [60, 20, 84, 44], [24, 20, 72, 44]], float)
CORNER = np.array([[12, 6, 36, 30], [60, 12, 84, 36], [24, 12, 72, 36]], float)
STRETCH = np.array([[12, 8, 36, 40], [60, 16, 84, 48], [24, 16, 72, 48]], float)
SIDES = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], float)
IMAGENET = {"mean": [123.675, 116.28, 103.53], "divide": [58.395, 57.12, 57.375]}
METADATA = {
    "description": "Ultralytics YOLO11n model trained on colours.yaml",
    "task": "detect",
    "stride": "32",
    "batch": "1",
    "imgsz": "[64, 96]",
    "names": "{0: 'red', 1: 'green', 2: 'blue'}",
    "args": "{'batch': 1, 'half': False, 'dynamic': False, 'nms': False}",
    "channels": "3",
    "end2end": "False",
}
V8 = transposed(rows(centred(CENTRE), [], 7))
V8_MASKED = transposed(rows(centred(CENTRE), [], 9))  # with two mask weights
V5 = rows(centred(CENTRE), [1], 8)
PROTOTYPES = Output(np.ones((1, 2, 16, 24), np.float32))
V8_HEADS = [Output(np.ones((1, 67, 8 // k, 12 // k), np.float32)) for k in (1, 2)]
V5_HEADS = [Output(np.ones((1, 3, 8 // k, 12 // k, 8), np.float32)) for k in (1, 2)]
LABELS = Output(np.array([[0, 1, 2]], np.int64))
LABEL_SCORES = Output(np.zeros((1, 3), np.float32), {(0, k): k for k in range(3)})


@dataclass(frozen=True)
class Export:
    """An exported network and its card.

    Args:
        outputs: Outputs of the network.
        card: Keys of the network card besides `file`; None to name the network file itself.
        image: Image input.
        further: Type and shape of further inputs.
        metadata: Properties of the file.
    """

    outputs: list[Output]
    card: Mapping[str, Any] | None = None
    image: Image = PLAIN
    further: Mapping[str, tuple[Any, tuple[int, ...]]] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def card(layout: str | None = None, **keys: Any) -> dict[str, Any]:
    """Return the keys of a network card with the names of the three classes."""
    return {"classes": NAMES, **({"layout": layout} if layout else {}), **keys}


def selected(
    columns: int, score: int, label: int, first: int = 0, boxes: np.ndarray = CENTRE
) -> Output:
    """Return (1, 12, columns) of final detections, class k in row k; the other rows are zero.

    Args:
        score, label, first: Columns of the score, the class and the left side of the box.
    """
    array = np.zeros((1, 12, columns), np.float32)
    array[0, :3, first : first + 4] = boxes
    array[0, :3, label] = range(3)
    return Output(array, {(0, k, score): k for k in range(3)})


def flat(output: Output) -> Output:
    """Return an output without its axis of images."""
    scores = {index[1:]: k for index, k in output.scores.items()}
    return Output(output.array[0], scores, output.dtype, output.times)


def load(folder: Path, export: Export) -> Detector:
    """Write an export to a folder and return the detector."""
    path = folder / "network.onnx"
    write_network(path, export.outputs, export.image, export.further, export.metadata)
    if export.card is None:
        return load_detector(str(path))
    return load_with_card(folder, export.card)


def load_with_card(folder: Path, keys: Mapping[str, Any]) -> Detector:
    """Return the detector of `network.onnx` in a folder with these keys of the network card."""
    path = folder / "card.yaml"
    path.write_text(yaml.safe_dump({"file": "network.onnx", **keys}))
    return load_detector(str(path))


def detect(detector: Detector, *, masks: bool = False) -> DetectedObjects:
    """Return the objects in the image."""
    detector.start(CLASSES)
    return detector(IMAGE, masks=masks)
