"""A detector: a network with its card, which says how it is to be used.

A card is a file in YAML or JSON; `export` writes one beside the networks it makes, and one for a
file from elsewhere is written by hand:

    file: yolox_nano.onnx     # beside the card
    layout: yolox             # of LAYOUTS
    classes: coco             # or their names in order
    score: 0.25               # the least score; this and what follows may be left out
    overlap: 0.45             # the most IoU with a surer one
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trackers.detectors.candidates import Candidates, Choice, DetectedObjects
from trackers.detectors.coco import COCO
from trackers.detectors.density import Density
from trackers.detectors.detectnet import detectnet
from trackers.detectors.letterbox import place
from trackers.detectors.rfb import rfb
from trackers.detectors.yolo import yolov5, yolov8, yolox
from trackers.engines.card import network_path, read_fields
from trackers.engines.contract import Engine
from trackers.parts.class_names import class_ids
from trackers.profiling.stages import stage


@dataclass(frozen=True)
class Layout:
    """What a kind of network takes and answers.

    Args:
        read: Outputs, size of the input and number of classes to candidates.
        fit: How an image is made to fit, see `letterbox.place`.
        fill: Value of what the image does not cover.
        blue_first: Whether the channels are turned round.
        mean: Subtracted from each value, from 0 to 255,
        divide: which is then divided by this.
    """

    read: Callable[[Many[np.ndarray], tuple[int, int], int], Candidates]
    fit: str = "centre"
    fill: int = 114
    blue_first: bool = False
    mean: float = 0.0
    divide: float = 255.0


LAYOUTS = {
    "yolox": Layout(yolox, "corner", blue_first=True, divide=1.0),
    "yolov5": Layout(yolov5),
    "yolov8": Layout(yolov8),
    "detectnet": Layout(detectnet, "stretch"),
    "rfb": Layout(rfb, "stretch", mean=127.0, divide=128.0),
}


@dataclass(frozen=True)
class Card:
    """See the module.

    Args:
        size: Height and width of the input; that of the file if not given.
        side: The least side of a detection in pixels.
        reach, least_boxes, least_score, merge: See `Density`; without reach groups do not count.
    """

    file: str
    layout: str
    classes: tuple[str, ...]
    size: tuple[int, int] | None = None
    score: float = 0.25
    overlap: float = 0.45
    side: float = 0.0
    eps: float | None = None
    min_boxes: int = 1
    min_group_score: float = 0.0
    merge: bool = False

    def choice(self) -> Choice:
        """Return which candidates are kept."""
        density = None
        if self.eps is not None:
            density = Density(self.eps, self.min_boxes, self.min_group_score, self.merge)
        return Choice(self.score, self.overlap, self.side, density=density)


def read_card(path: Path) -> Card:
    """Return a card; `path` may be the folder that `export` made.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is not as it should be. Names the file and the key.
    """
    content = read_fields(path, Card, "a detector")
    if content["layout"] not in LAYOUTS:
        raise ValueError(
            f"{path}: layout: {content['layout']!r} found, expected one of {list(LAYOUTS)}"
        )
    names = COCO if content["classes"] == "coco" else content["classes"]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path}: classes: {names!r:.200} found, expected names, or coco")
    size = content.get("size")
    return Card(**content | {"classes": tuple(names), "size": size and tuple(size)})


class Detector:
    """A network that finds objects in images.

    Args:
        engine: Of one input, (1, 3, H, W) float.
        source: Name of the input.
        size: Its height and width.
        card: How it is used.
        score: The least, instead of the card's.
    """

    def __init__(
        self, engine: Engine, source: str, size: tuple[int, int], card: Card, score: float | None
    ) -> None:
        self._engine, self._source, self._size, self._card = engine, source, size, card
        choice = card.choice()
        self._choice = choice if score is None else replace(choice, score=score)
        self._layout = LAYOUTS[card.layout]
        self._classes: dict[int, int] = {}

    def start(self, classes: Mapping[int, str]) -> None:
        """Look for the classes of a sequence, names by class id, from now on.

        Raises:
            ValueError: The network knows none of them.
        """
        self._classes = class_ids(self._card.classes, classes)

    @stage("detect")
    def __call__(self, image: np.ndarray) -> DetectedObjects:
        """Return the objects in an image, (height, width, 3) uint8 RGB.

        Raises:
            ValueError: The network answers numbers that are not finite.
        """
        layout = self._layout
        filled, placement = place(image, self._size, layout.fit, layout.fill)
        pixels = filled[..., ::-1] if layout.blue_first else filled
        given = (pixels.astype(np.float32) - layout.mean) / layout.divide
        found = self._engine(**{self._source: given.transpose(2, 0, 1)[None]})
        outputs = [np.asarray(array, np.float32) for array in found.values()]
        if not all(np.isfinite(output).all() for output in outputs):
            raise ValueError(f"{self._card.file}: the network answered numbers that are not finite")
        candidates = layout.read(outputs, self._size, len(self._card.classes))
        return self._choice.take(candidates, placement, self._classes)


def load_detector(
    path: str, device: str = "cpu", threads: int = 0, score: float | None = None
) -> Detector:
    """Return a detector on ONNX Runtime.

    Args:
        path: Of its card, or of the folder it is in.
        device: `cpu` or `cuda`.
        threads: Of one operator; 0 takes one a core.
        score: The least, instead of the card's.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be.
    """
    from trackers.engines.onnx_engine import OnnxEngine

    card = read_card(Path(path))
    file = network_path(Path(path), card.file)
    engine = OnnxEngine(file, device, threads)
    shapes = engine.shapes
    if len(shapes) != 1:
        raise ValueError(f"{file}: inputs {list(shapes)} found, expected one")
    ((source, shape),) = shapes.items()
    size = card.size or tuple(shape[2:])
    if len(size) + 2 != len(shape) or not all(isinstance(side, int) for side in size):
        raise ValueError(
            f"{file}: input {source} is {shape}, expected (1, 3, H, W), and the card says no size"
        )
    return Detector(engine, source, (int(size[0]), int(size[1])), card, score)
