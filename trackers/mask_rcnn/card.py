"""What a MaskTrack R-CNN is: said in the file of its weights, and in the folder of its networks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.sizes import SIZES

_KEY = "masktrack_rcnn"  # in the metadata of a safetensors file
_STEP = 32  # sides of the input are multiples of it


@dataclass(frozen=True)
class Card:
    """See the module.

    Args:
        size: Of the model, see `sizes.SIZES`.
        classes: Names in order, without the background.
        convention: One of `CONVENTIONS`.
        fit: Width and height that images are made to fit within.
    """

    size: str
    classes: tuple[str, ...]
    convention: str
    fit: tuple[int, int]

    @property
    def input(self) -> tuple[int, int]:
        """Height and width of the input: the images, and what fills them up."""
        width, height = (-(-side // _STEP) * _STEP for side in self.fit)
        return height, width


def write_card(card: Card) -> dict[str, str]:
    """Return the metadata of a file of weights."""
    return {_KEY: json.dumps(asdict(card))}


def read_card(weights: Path) -> Card:
    """Return the card in a file of weights.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no safetensors file, or has no card, or one that is not as it should be.
    """
    if not weights.is_file():
        raise FileNotFoundError(f"{weights}: no such file of weights")
    try:
        with safe_open(weights, "numpy") as file:
            content = json.loads((file.metadata() or {}).get(_KEY, "null"))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise ValueError(f"{weights}: no readable safetensors file: {error}") from error
    return parse_card(str(weights), content)


def parse_card(source: str, content: object) -> Card:
    """Return a card from JSON; ValueError, which names the source, if it is none."""
    if not isinstance(content, Mapping) or not {*Card.__annotations__} <= {*content}:
        raise ValueError(
            f"{source}: {[*Card.__annotations__]} expected, {content!r:.100} found: weights from "
            "elsewhere become such a file by trackers.mask_rcnn.convert"
        )
    if content["convention"] not in CONVENTIONS:
        known = list(CONVENTIONS)
        raise ValueError(
            f"{source}: convention {content['convention']!r} found, expected one of {known}"
        )
    if content["size"] not in SIZES:
        raise ValueError(f"{source}: size {content['size']!r} found, expected one of {list(SIZES)}")
    fit = content["fit"]
    whole = isinstance(fit, list | tuple) and all(isinstance(side, int) for side in fit)
    if not whole or len(fit) != len(("width", "height")) or min(fit) < 1:
        raise ValueError(f"{source}: fit {fit!r} found, expected a width and a height")
    classes = tuple(content["classes"])
    return Card(content["size"], classes, content["convention"], (fit[0], fit[1]))
