"""A network that embeds: an image and boxes in, one vector a box out, with a card.

A card is a file in YAML or JSON beside the network, any ONNX file that takes crops and answers one
vector for each, of whatever length:

    file: osnet_x0_25_msmt17.onnx    # the rest may be left out
    size: [256, 128]                 # height and width, where the file leaves them open
    mean: [123.675, 116.28, 103.53]  # by channel, or one number: subtracted from 0 .. 255
    divide: [58.395, 57.12, 57.375]  # which is then divided by this
    blue_first: false                # whether the channels are turned round
    batch: 32                        # most crops at once, where the file leaves it open
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trackers.appearance.crops import crop
from trackers.engines.card import network_path, read_fields
from trackers.engines.contract import Engine
from trackers.parts.gallery import unit
from trackers.profiling.stages import stage

_CHANNELS = 3


@dataclass(frozen=True)
class Card:
    """See the module. Mean and divisor are those of ImageNet unless the card has others."""

    file: str
    size: tuple[int, int] | None = None
    mean: float | Many[float] = (123.675, 116.28, 103.53)
    divide: float | Many[float] = (58.395, 57.12, 57.375)
    blue_first: bool = False
    batch: int | None = None


@dataclass(frozen=True)
class InputSpec:
    """What the network takes.

    Args:
        name: Of its only input.
        size: Height and width.
        batch: Crops in one call: exactly so many if `fixed`, otherwise at most; None for all.
        fixed: Whether too few crops are filled up.
    """

    name: str
    size: tuple[int, int]
    batch: int | None
    fixed: bool


class Embedder:
    """What objects in an image look like.

    Args:
        engine: Of one input, crops (B, 3, H, W) float, and one output, (B, D) or (B, D, 1, 1).
        takes: The input.
        card: How it is used.

    Raises:
        ValueError: The network does not answer one vector a crop.
    """

    def __init__(self, engine: Engine, input_spec: InputSpec, card: Card) -> None:
        self._engine, self._input_spec, self._card = engine, input_spec, card
        self._mean, self._divide = (
            np.asarray(each, np.float32) for each in (card.mean, card.divide)
        )
        self._length = self._run(np.zeros((1, *input_spec.size, _CHANNELS), np.uint8)).shape[1]

    @stage("embed")
    def __call__(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Return a vector of length 1 for each box, (N, D) float32.

        That of a box that shows nothing, being outside the image or without an area, is zero.

        Args:
            image: (height, width, 3) uint8 RGB.
            box: (N, 4).

        Raises:
            ValueError: The network answers numbers that are not finite.
        """
        crops, shown = crop(image, box, self._input_spec.size)
        vectors = np.zeros((len(box), self._length), np.float32)
        most = self._input_spec.batch or len(crops)
        for start in range(0, len(crops), most or 1):
            vectors[shown[start : start + most]] = self._run(crops[start : start + most])
        return unit(vectors)

    def _run(self, crops: np.ndarray) -> np.ndarray:
        """Return what the network answers for no more crops than it takes at once."""
        count = len(crops)
        pixels = crops[..., ::-1] if self._card.blue_first else crops
        given = ((pixels.astype(np.float32) - self._mean) / self._divide).transpose(0, 3, 1, 2)
        if self._input_spec.fixed and self._input_spec.batch:
            given = np.pad(given, [(0, self._input_spec.batch - count), *[(0, 0)] * 3])
        outputs = [*self._engine(**{self._input_spec.name: given}).values()]
        shapes = [output.shape for output in outputs]
        if len(shapes) != 1 or shapes[0][:1] != (len(given),) or not _is_vector(shapes[0][1:]):
            raise ValueError(
                f"{self._card.file}: answers {shapes} found, expected one, ({len(given)}, D)"
            )
        vectors = np.asarray(outputs[0], np.float32).reshape(len(given), -1)[:count]
        if not np.isfinite(vectors).all():
            raise ValueError(f"{self._card.file}: the network answered numbers that are not finite")
        return vectors


def read_card(path: Path) -> Card:
    """Return a card; `path` may be the folder that `export` made.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is not as it should be. Names the file and the key.
    """
    content = read_fields(path, Card, "a network of appearance")
    size, batch = content.get("size"), content.get("batch")
    if size is not None and not (_whole(size) and len(size) == len(("height", "width"))):
        raise ValueError(f"{path}: size: {size!r} found, expected [height, width] in pixels")
    if batch is not None and not _whole([batch]):
        raise ValueError(f"{path}: batch: {batch!r} found, expected a whole number from 1")
    for key in ("mean", "divide"):
        if np.shape(content.get(key, 1.0)) not in {(), (_CHANNELS,)}:
            raise ValueError(f"{path}: {key}: {content[key]!r} found, expected a number or three")
    if not np.all(content.get("divide", 1.0)):
        raise ValueError(f"{path}: divide: {content['divide']!r} found, expected no zero")
    return Card(**content | {"size": size and tuple(size)})


def load_embedder(path: str, device: str = "cpu", threads: int = 0) -> Embedder:
    """Return a network of appearance on ONNX Runtime.

    Args:
        path: Of its card, or of the folder it is in.
        device: `cpu` or `cuda`.
        threads: Of one operator; 0 takes one a core.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be.
    """
    from trackers.engines.onnx_engine import OnnxEngine

    card = read_card(Path(path))
    file = network_path(Path(path), card.file)
    engine = OnnxEngine(file, device, threads)
    return Embedder(engine, _input_spec(file, engine.shapes, card), card)


def _input_spec(file: Path, shapes: dict[str, Any], card: Card) -> InputSpec:
    """Return what a network takes, from the shapes of its inputs and its card.

    Raises:
        ValueError: It takes no crops, or the card says otherwise than the file or leaves open what
            the file does.
    """
    if len(shapes) != 1:
        raise ValueError(f"{file}: inputs {list(shapes)} found, expected one")
    ((name, shape),) = shapes.items()
    if len(shape) != len(("batch", "channel", "height", "width")) or shape[1] != _CHANNELS:
        raise ValueError(f"{file}: input {name} is {shape}, expected (N, 3, height, width)")
    said = [card.batch, _CHANNELS, *(card.size or (None, None))]
    for key, in_file, in_card in zip(("batch", "", "size", "size"), shape, said, strict=True):
        fixed = isinstance(in_file, int)
        if fixed and in_card not in {None, in_file}:
            raise ValueError(f"{file}: input {name} is {shape}, but its card says {key}: {in_card}")
        if key == "size" and not fixed and in_card is None:
            raise ValueError(f"{file}: input {name} is {shape}, and its card says no size")
    height, width = (int(side) for side in card.size or shape[2:])
    fixed = isinstance(shape[0], int)
    return InputSpec(name, (height, width), shape[0] if fixed else card.batch, fixed)


def _is_vector(shape: tuple[int, ...]) -> bool:
    """Whether it is a vector's, perhaps with further axes of length 1 as a pooling leaves them."""
    return len(shape) > 0 and all(length == 1 for length in shape[1:])


def _whole(numbers: Any) -> bool:
    """Whether it is a list of whole numbers from 1."""
    return isinstance(numbers, list) and all(type(each) is int and each > 0 for each in numbers)
