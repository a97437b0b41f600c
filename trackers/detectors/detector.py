"""Object detectors: a detection network with its network card, which describes how to use it.

A card is a YAML or JSON file. `export` writes one beside the networks it makes; for other ONNX
files it is written by hand:

    file: yolox_nano.onnx     # path of the network, from the folder of the card
    layout: yolox             # output layout, one of LAYOUTS
    classes: coco             # or the names of the classes in order
    score: 0.25               # detections below it are discarded; this and the rest are optional
    overlap: 0.45             # maximum IoU with a detection of a higher score
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trackers.detectors.candidates import CandidateFilter, Candidates, DetectedObjects
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
    """Input and output format of a kind of network.

    Args:
        decode: Function from outputs, size of the input and number of classes to candidates.
        fit: How an image is fitted to the input, see `letterbox.place`.
        fill: Pixel value of the padding.
        blue_first: Whether the channels are in the order BGR.
        mean: Value subtracted from each pixel value, which is from 0 to 255.
        divide: Divisor of the pixel values after the subtraction.
    """

    decode: Callable[[Many[np.ndarray], tuple[int, int], int], Candidates]
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
    """The network card of a detector.

    Args:
        file: Path of the network, from the folder of the card.
        layout: Output layout of the network, one of LAYOUTS.
        classes: Names of the classes, in the order of the network.
        size: Height and width of the input; None for those of the network file.
        score: Detections of a lower score are discarded.
        overlap: Maximum IoU with a detection of the same class and a higher score.
        side: Detections whose width or height is at most this many pixels are discarded.
        eps: Maximum distance in a density group, see `Density`; None for no grouping.
        min_boxes, min_group_score, merge: See `Density`.
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

    def choice(self) -> CandidateFilter:
        """Return the filter of the candidates."""
        density = None
        if self.eps is not None:
            density = Density(self.eps, self.min_boxes, self.min_group_score, self.merge)
        return CandidateFilter(self.score, self.overlap, self.side, density=density)


def read_card(path: Path) -> Card:
    """Return a network card.

    Args:
        path: Path of the card, or of a folder made by `export`.

    Raises:
        FileNotFoundError: There is no card.
        ValueError: The card is invalid. Names the file and the key.
    """
    content = read_fields(path, Card, "a detector")
    if content["layout"] not in LAYOUTS:
        raise ValueError(
            f"{path}: layout: expected one of {list(LAYOUTS)}, found {content['layout']!r}"
        )
    names = COCO if content["classes"] == "coco" else content["classes"]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path}: classes: expected a list of names or coco, found {names!r:.200}")
    size = content.get("size")
    return Card(**content | {"classes": tuple(names), "size": size and tuple(size)})


class Detector:
    """A network that detects objects in images.

    Args:
        engine: Engine with one input, (1, 3, H, W) float.
        input_name: Name of the input.
        size: Height and width of the input.
        card: Network card.
        score: Minimum score of a detection; None for that of the card.
    """

    def __init__(
        self,
        engine: Engine,
        input_name: str,
        size: tuple[int, int],
        card: Card,
        score: float | None,
    ) -> None:
        self._engine, self._input_name, self._size, self._card = engine, input_name, size, card
        choice = card.choice()
        self._choice = choice if score is None else replace(choice, score=score)
        self._layout = LAYOUTS[card.layout]
        self._classes: dict[int, int] = {}

    def start(self, classes: Mapping[int, str]) -> None:
        """Set the classes to detect, those of a sequence.

        Args:
            classes: Names by class id.

        Raises:
            ValueError: The network knows none of the classes.
        """
        self._classes = class_ids(self._card.classes, classes)

    @stage("detect")
    def __call__(self, image: np.ndarray) -> DetectedObjects:
        """Return the objects in an image, (height, width, 3) uint8 RGB.

        Raises:
            ValueError: The output of the network is not finite.
        """
        layout = self._layout
        placed, placement = place(image, self._size, layout.fit, layout.fill)
        pixels = placed[..., ::-1] if layout.blue_first else placed
        normalised = (pixels.astype(np.float32) - layout.mean) / layout.divide
        arrays = self._engine(**{self._input_name: normalised.transpose(2, 0, 1)[None]})
        outputs = [np.asarray(array, np.float32) for array in arrays.values()]
        if not all(np.isfinite(output).all() for output in outputs):
            raise ValueError(f"{self._card.file}: the output of the network is not finite")
        candidates = layout.decode(outputs, self._size, len(self._card.classes))
        return self._choice.take(candidates, placement, self._classes)


def load_detector(
    path: str, device: str = "cpu", threads: int = 0, score: float | None = None
) -> Detector:
    """Return a detector on ONNX Runtime.

    Args:
        path: Path of its network card, or of a folder made by `export`.
        device: `cpu` or `cuda`.
        threads: Number of threads per operator; 0 for one per core.
        score: Minimum score of a detection; None for that of the card.

    Raises:
        FileNotFoundError: The card or the network does not exist.
        ValueError: The card or the network is invalid.
    """
    from trackers.engines.onnx_engine import OnnxEngine

    card = read_card(Path(path))
    file = network_path(Path(path), card.file)
    engine = OnnxEngine(file, device, threads)
    shapes = engine.shapes
    if len(shapes) != 1:
        raise ValueError(f"{file}: expected one input, found {list(shapes)}")
    ((input_name, shape),) = shapes.items()
    size = card.size or tuple(shape[2:])
    if len(size) + 2 != len(shape) or not all(isinstance(side, int) for side in size):
        raise ValueError(
            f"{file}: input {input_name}: expected shape (1, 3, H, W) or a size in the network "
            f"card, found {shape}"
        )
    return Detector(engine, input_name, (int(size[0]), int(size[1])), card, score)
