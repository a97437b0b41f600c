"""The network card of a MaskTrack R-CNN, stored with its weights and with its exported networks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.sizes import SIZES

_KEY = "masktrack_rcnn"  # in the metadata of a safetensors file
_STEP = 32  # the sides of the input are multiples of it


@dataclass(frozen=True)
class Card:
    """What the networks take and give.

    Args:
        size: Size of the model, a key of `sizes.SIZES`.
        classes: Class names in order, without the background.
        convention: Convention of the weights, a key of `CONVENTIONS`.
        fit: Width and height, in pixels, that images are resized to fit within.
    """

    size: str
    classes: tuple[str, ...]
    convention: str
    fit: tuple[int, int]

    @property
    def input(self) -> tuple[int, int]:
        """Height and width of the padded input, in pixels."""
        width, height = (-(-side // _STEP) * _STEP for side in self.fit)
        return height, width


def write_card(card: Card) -> dict[str, str]:
    """Return a network card as the metadata of a file of weights."""
    return {_KEY: json.dumps(asdict(card))}


def read_card(weights: Path) -> Card:
    """Return the network card in a file of weights.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a safetensors file, or its network card is missing or invalid.
    """
    if not weights.is_file():
        raise FileNotFoundError(f"{weights}: no such file of weights")
    try:
        with safe_open(weights, "numpy") as file:
            content = json.loads((file.metadata() or {}).get(_KEY, "null"))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise ValueError(f"{weights}: not a readable safetensors file: {error}") from error
    return parse_card(str(weights), content)


def parse_card(source: str, content: object) -> Card:
    """Return a network card parsed from JSON; ValueError, naming the source, if it is invalid."""
    if not isinstance(content, Mapping) or not {*Card.__annotations__} <= {*content}:
        raise ValueError(
            f"{source}: network card: expected the keys {[*Card.__annotations__]}, found "
            f"{content!r:.100}; trackers.mask_rcnn.convert converts weights of other projects"
        )
    if content["convention"] not in CONVENTIONS:
        known = list(CONVENTIONS)
        raise ValueError(
            f"{source}: convention: expected one of {known}, found {content['convention']!r}"
        )
    if content["size"] not in SIZES:
        raise ValueError(
            f"{source}: size: expected one of {list(SIZES)}, found {content['size']!r}"
        )
    fit = content["fit"]
    integers = isinstance(fit, list | tuple) and all(isinstance(side, int) for side in fit)
    if not integers or len(fit) != len(("width", "height")) or min(fit) < 1:
        raise ValueError(f"{source}: fit: expected [width, height] in pixels, found {fit!r}")
    classes = tuple(content["classes"])
    return Card(content["size"], classes, content["convention"], (fit[0], fit[1]))
