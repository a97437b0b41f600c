"""The inputs of a detection network: which is the image, and how an image is prepared for it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackers.detectors.card import Card
from trackers.detectors.layouts.table import Layout, Preparation
from trackers.detectors.letterbox import Placement, place
from trackers.detectors.metadata import Metadata
from trackers.engines.contract import TensorSpec

_CHANNELS = 3
_AXES = (3, 4)  # of an image, without and with an axis of images
_TYPES = ("float32", "float16", "uint8")
_FURTHER = ("scale_factor", "im_shape", "orig_target_sizes")  # inputs of some exports


@dataclass(frozen=True)
class NetworkInput:
    """The inputs of a network.

    Args:
        name: Name of the image's input.
        size: Height and width of the image's input.
        dtype: Type of its values: float32; float16, to which the values are rounded; or uint8, for
            a network that normalises pixel values itself.
        preparation: Preparation of the image.
        channels_last: Whether the channels are the last axis.
        batch: Number of images; all but the first are blank. None for an input without that axis.
        further: The other inputs.
    """

    name: str
    size: tuple[int, int]
    dtype: np.dtype[Any]
    preparation: Preparation
    channels_last: bool
    batch: int | None
    further: Mapping[str, np.ndarray]

    def prepare(self, image: np.ndarray) -> tuple[dict[str, np.ndarray], Placement]:
        """Return the inputs for an image, (height, width, 3) uint8 RGB, and its placement."""
        preparation = self.preparation
        placed, placement = place(image, self.size, preparation.fit, preparation.fill)
        pixels = placed[..., ::-1] if preparation.blue_first else placed
        values = pixels.astype(self.dtype) if self.dtype == np.uint8 else self._normalise(pixels)
        array = values if self.channels_last else values.transpose(2, 0, 1)
        if self.batch is not None:
            array = array[None]
        if self.batch is not None and self.batch > 1:
            array = np.pad(array, [(0, self.batch - 1), *[(0, 0)] * 3])
        return {self.name: array, **self.further}, placement

    def _normalise(self, pixels: np.ndarray) -> np.ndarray:
        mean, divide = (
            np.asarray(each, np.float32)
            for each in (self.preparation.mean, self.preparation.divide)
        )
        return ((pixels.astype(np.float32) - mean) / divide).astype(self.dtype, copy=False)


def find_input(
    inputs: Many[TensorSpec], card: Card, metadata: Metadata, layout: Layout
) -> NetworkInput:
    """Return the inputs of a network, as its file, its card and its metadata describe them.

    Args:
        inputs: Inputs of the network.
        layout: Layout of the network, with what the card says otherwise.

    Raises:
        ValueError: The network does not take one image, or the descriptions contradict each other
            or leave something open. Names the input or the key.
    """
    image, further = _image(inputs), [each for each in inputs if each.name in _FURTHER]
    _check_normalisation(image, card, layout)
    last = _channels_last(image, card.channels_last)
    sides = image.shape[-3:-1] if last else image.shape[-2:]
    height, width = _size(image, sides, card, metadata, layout.stride)
    values = _further_values(height, width)
    return NetworkInput(
        image.name,
        (height, width),
        image.dtype,
        layout.preparation,
        last,
        _batch(image, card.batch),
        {each.name: np.array([values[each.name]], each.dtype) for each in further},
    )


def _check_normalisation(image: TensorSpec, card: Card, layout: Layout) -> None:
    """Raise ValueError if the card lacks the normalisation, or has one for a uint8 input."""
    for key in ("mean", "divide"):
        if image.dtype == np.uint8 and getattr(card, key) is not None:
            raise ValueError(
                f"{key}: expected none in the network card, because the input {image.name} is "
                f"uint8 and the network normalises it, found {getattr(card, key)}"
            )
        if image.dtype != np.uint8 and getattr(layout.preparation, key) is None:
            raise ValueError(
                f"{key}: expected in the network card, because networks of the layout "
                f"{layout.name} differ, found none"
            )


def _further_values(height: int, width: int) -> Mapping[str, list[int]]:
    """Return the values of further inputs with which boxes are in pixels of the input.

    The letterboxing is undone here, for all networks alike.
    """
    return {
        "scale_factor": [1, 1],
        "im_shape": [height, width],
        "orig_target_sizes": [width, height],
    }


def _image(inputs: Many[TensorSpec]) -> TensorSpec:
    """Return the input for the image; ValueError if there is none or another one."""
    images = [each for each in inputs if each.name not in _FURTHER]
    if len(images) != 1 or len(images[0].shape) not in _AXES:
        found = {each.name: each.shape for each in inputs}
        raise ValueError(f"inputs: expected one image and at most {[*_FURTHER]}, found {found}")
    image = images[0]
    if str(image.dtype) not in _TYPES:
        raise ValueError(
            f"input {image.name}: expected values of type {' or '.join(_TYPES)}, found "
            f"{image.dtype}"
        )
    return image


def _channels_last(image: TensorSpec, said: bool | None) -> bool:
    """Return whether the channels are the last axis, from the shape or else the network card."""
    first, last = image.shape[-3], image.shape[-1]
    fitting = [
        channels_last
        for channels_last, length in ((False, first), (True, last))
        if length == _CHANNELS or not isinstance(length, int)
    ]
    exact = [each for each in fitting if (first, last)[each] == _CHANNELS] or fitting
    if said is not None and said in fitting:
        return said
    if said is not None or not exact:
        raise ValueError(
            f"input {image.name}: expected {_CHANNELS} channels as the "
            f"{'first or last' if said is None else ('first', 'last')[said]} axis after that of "
            f"images, found shape {image.shape}"
        )
    if len(exact) > 1:
        raise ValueError(
            f"input {image.name}: expected channels_last, true or false, in the network card for "
            f"the shape {image.shape}, found none"
        )
    return exact[0]


def _size(
    image: TensorSpec,
    sides: tuple[int | str | None, ...],
    card: Card,
    metadata: Metadata,
    stride: int,
) -> tuple[int, int]:
    """Return the height and width of the input, from its shape, the card or the metadata."""
    for source, size in (("network card", card.size), ("metadata", metadata.size)):
        pairs = zip(sides, size or sides, strict=True)
        if any(isinstance(side, int) and side != said for side, said in pairs):
            raise ValueError(
                f"size: expected that of the input {image.name}, which has the shape "
                f"{image.shape}, found {size} in the {source}"
            )
    if all(isinstance(side, int) for side in sides):
        height, width = (side for side in sides if isinstance(side, int))
        return height, width
    found = card.size or metadata.size
    if found is None:
        raise ValueError(
            f"size: expected [height, width] in the network card, because the input {image.name} "
            f"has the shape {image.shape}, found none"
        )
    step = metadata.stride or stride
    if found[0] % step or found[1] % step:
        raise ValueError(f"size: expected multiples of {step}, found {[*found]}")
    return found


def _batch(image: TensorSpec, said: int) -> int | None:
    """Return the number of images per call; None for an input without that axis."""
    with_images = len(image.shape) == max(_AXES)
    fixed = image.shape[0] if with_images and isinstance(image.shape[0], int) else 1
    if fixed != said:
        raise ValueError(
            f"input {image.name}: expected a batch of {said}, found one of {fixed}: export the "
            f"network for one image, or write `batch: {fixed}` to the network card; it then "
            f"processes {fixed} images per frame, {fixed - 1} of them blank"
        )
    return fixed if with_images else None
