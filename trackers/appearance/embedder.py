"""Re-identification networks: an image and boxes in, one appearance vector per box out.

The network is any ONNX file that takes crops and returns one vector of any length per crop, the
TensorRT engine of one, or a checkpoint of OSNet. The network card is a YAML or JSON file beside it:

    file: osnet_x0_25_msmt17.onnx    # path of the network; all other keys are optional
    size: [256, 128]                 # height and width of a crop, if the file leaves them open
    mean: [123.675, 116.28, 103.53]  # by channel, or one number: subtracted from 0 .. 255
    divide: [58.395, 57.12, 57.375]  # by channel, or one number: divisor after the subtraction
    blue_first: false                # whether the channels are in the order BGR
    batch: 32                        # maximum number of crops per call, if the file leaves it open
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trackers.appearance.crops import crop
from trackers.appearance.osnet_weights import load_module
from trackers.engines.card import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    PerChannel,
    network_path,
    read_fields,
)
from trackers.engines.contract import Engine, TensorSpec
from trackers.networks.opening import open_network
from trackers.networks.runner import NetworkRunner
from trackers.option_types import PositiveInt
from trackers.parts.gallery import unit
from trackers.profiling.stages import stage

_CHANNELS = 3
_ON_CPU = NetworkRunner()


@dataclass(frozen=True)
class Card:
    """The network card of a re-identification network.

    Args:
        file: Path of the network, from the folder of the card.
        size: Height and width of a crop; None for those of the network file.
        mean: Value subtracted from the pixels, by channel or one for all; default of ImageNet.
        divide: Divisor after the subtraction, by channel or one for all; default of ImageNet.
        blue_first: Whether the channels are in the order BGR.
        batch: Maximum number of crops per call; None for no limit or that of the network file.
    """

    file: str
    size: tuple[PositiveInt, PositiveInt] | None = None
    mean: PerChannel = IMAGENET_MEAN
    divide: PerChannel = IMAGENET_DEVIATION
    blue_first: bool = False
    batch: PositiveInt | None = None


@dataclass(frozen=True)
class InputSpec:
    """The input of a network.

    Args:
        name: Name of the only input.
        size: Height and width of a crop.
        batch: Number of crops per call, exact if `fixed`, otherwise a maximum; None for no limit.
        fixed: Whether smaller batches are padded to `batch`.
    """

    name: str
    size: tuple[int, int]
    batch: int | None
    fixed: bool


class Embedder:
    """Computes the appearance vectors of objects in an image.

    Args:
        engine: Engine with one input, crops (B, 3, H, W) float, and one output, (B, D) or
            (B, D, 1, 1).
        input_spec: The input of the network.
        card: Network card.

    Raises:
        ValueError: The network does not return one vector per crop.
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

        The vector of a box that is outside the image or has no area is zero.

        Args:
            image: (height, width, 3) uint8 RGB.
            box: (N, 4).

        Raises:
            ValueError: The output of the network is not finite.
        """
        crops, rows = crop(image, box, self._input_spec.size)
        vectors = np.zeros((len(box), self._length), np.float32)
        batch = self._input_spec.batch or len(crops)
        for start in range(0, len(crops), batch or 1):
            vectors[rows[start : start + batch]] = self._run(crops[start : start + batch])
        return unit(vectors)

    def _run(self, crops: np.ndarray) -> np.ndarray:
        """Return the vectors of at most as many crops as the network takes per call."""
        count = len(crops)
        pixels = crops[..., ::-1] if self._card.blue_first else crops
        normalised = (pixels.astype(np.float32) - self._mean) / self._divide
        images = normalised.transpose(0, 3, 1, 2)
        if self._input_spec.fixed and self._input_spec.batch:
            images = np.pad(images, [(0, self._input_spec.batch - count), *[(0, 0)] * 3])
        outputs = [*self._engine(**{self._input_spec.name: images}).values()]
        shapes = [output.shape for output in outputs]
        if len(shapes) != 1 or shapes[0][:1] != (len(images),) or not _is_vector(shapes[0][1:]):
            raise ValueError(
                f"{self._card.file}: expected one output of shape ({len(images)}, D), found shapes "
                f"{shapes}"
            )
        vectors = np.asarray(outputs[0], np.float32).reshape(len(images), -1)[:count]
        if not np.isfinite(vectors).all():
            raise ValueError(f"{self._card.file}: the output of the network is not finite")
        return vectors


def read_card(path: Path) -> Card:
    """Return a network card.

    Args:
        path: Path of the card, or of a folder made by a rule.

    Raises:
        FileNotFoundError: There is no card.
        ValueError: The card is invalid. Names the file and the key.
    """
    content = read_fields(path, Card, "a re-identification network")
    if not np.all(content.get("divide", 1.0)):
        raise ValueError(
            f"{path}: divide: expected numbers other than 0, found {content['divide']!r}"
        )
    return Card(**content)


def load_embedder(path: str, runner: NetworkRunner = _ON_CPU, threads: int = 0) -> Embedder:
    """Return a re-identification network on the engine its file is for, see `open_network`.

    Args:
        path: Path of its network card, or of a folder made by a rule.
        runner: Its device and precision.
        threads: Number of threads per operator with ONNX Runtime; 0 for one per core.

    Raises:
        FileNotFoundError: The card or the network does not exist.
        ValueError: The card or the network is invalid.
        RuntimeError: The engine is not installed or does not support the device.
    """
    card = read_card(Path(path))
    file = network_path(Path(path), card.file)
    engine = open_network(file, runner, load_module, threads)
    return Embedder(engine, find_input(file, engine.inputs, card), card)


def find_input(file: Path, inputs: Many[TensorSpec], card: Card) -> InputSpec:
    """Return the input of a network, from the description of its inputs and its card.

    Raises:
        ValueError: The network does not take crops, the card contradicts the file, or neither says
            the size.
    """
    if len(inputs) != 1:
        raise ValueError(f"{file}: expected one input, found {[each.name for each in inputs]}")
    name, shape = inputs[0].name, inputs[0].shape
    if len(shape) != len(("batch", "channel", "height", "width")) or shape[1] != _CHANNELS:
        raise ValueError(
            f"{file}: input {name}: expected shape (N, 3, height, width), found {shape}"
        )
    card_shape = [card.batch, _CHANNELS, *(card.size or (None, None))]
    for key, in_file, in_card in zip(("batch", "", "size", "size"), shape, card_shape, strict=True):
        fixed = isinstance(in_file, int)
        if fixed and in_card not in {None, in_file}:
            raise ValueError(
                f"{file}: input {name}: expected {key} {in_card} as in its card, found {shape}"
            )
        if key == "size" and not fixed and in_card is None:
            raise ValueError(
                f"{file}: input {name}: expected a size in its card for shape {shape}, found none"
            )
    height, width = (int(side) for side in card.size or shape[2:] if side is not None)
    batch = shape[0] if isinstance(shape[0], int) else card.batch
    return InputSpec(name, (height, width), batch, fixed=isinstance(shape[0], int))


def _is_vector(shape: tuple[int, ...]) -> bool:
    """Return whether a shape is that of a vector, possibly with axes of length 1 from pooling."""
    return len(shape) > 0 and all(length == 1 for length in shape[1:])
