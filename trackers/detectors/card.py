"""The network card of a detector: a YAML or JSON file that describes how to use its network.

`export` writes one beside the networks it makes; for other ONNX files it is written by hand:

    file: yolox_nano.onnx     # path of the network, from the folder of the card
    layout: yolox             # input and output layout, one of `layouts.table.LAYOUTS`
    classes: coco             # or the names of the classes in order
    overlap: 0.45             # maximum IoU with a detection of a higher score; and so on

Only `file` is needed for a network whose metadata says the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from trackers.detectors.candidates import CandidateFilter
from trackers.detectors.coco import COCO
from trackers.detectors.density import Density
from trackers.detectors.layouts.boxes import Unit
from trackers.detectors.layouts.table import LAYOUTS, Fit, Layout
from trackers.engines.card import PerChannel, read_fields
from trackers.option_types import Choices, NonNegativeFloat, PositiveInt, Range, UnitInterval

LayoutName = Annotated[str, Choices(lambda: LAYOUTS)]
_CARD_FILES = ("", ".yaml", ".yml", ".json")  # suffixes; "" is a folder made by `export`
_GROUPING = ("min_boxes", "min_group_score", "merge")
_PREPARATION = ("fit", "fill", "blue_first", "mean", "divide")


@dataclass(frozen=True)
class Card:
    """The network card of a detector.

    Args:
        file: Path of the network, from the folder of the card.
        layout: Input and output layout of the network, one of LAYOUTS; None for that of the
            metadata of the network file.
        classes: Names of the classes, in the order of the network; None for those of the metadata.
        size: Height and width of the input; None for those of the network file.
        score: Detections of a lower score are discarded.
        overlap: Maximum IoU with a detection of the same class and a higher score; None for that of
            the layout.
        side: Detections whose width or height is at most this many pixels are discarded.
        max_count: Maximum number of detections; those of the highest scores are kept.
        eps: Maximum distance in a density group, see `Density`; None for no grouping.
        min_boxes, min_group_score, merge: See `Density`.
        fit, fill, blue_first, mean, divide: See `Preparation`; None for those of the layout.
        boxes: Unit of the boxes in the output; None to measure it on a plain image.
        batch: Number of images that the network takes at once, if it is more than one and fixed;
            all but the first are blank.
        channels_last: Whether the channels are the last axis of the input; None if its shape says.
    """

    file: str
    layout: LayoutName | None = None
    classes: Literal["coco"] | tuple[str, ...] | Mapping[int, str] | None = None
    size: tuple[PositiveInt, PositiveInt] | None = None
    score: UnitInterval = 0.0
    overlap: UnitInterval | None = None
    side: NonNegativeFloat = 0.0
    max_count: PositiveInt = 300
    eps: UnitInterval | None = None
    min_boxes: PositiveInt = 1
    min_group_score: NonNegativeFloat = 0.0
    merge: bool = False
    fit: Fit | None = None
    fill: Annotated[int, Range(0, 255)] | None = None
    blue_first: bool | None = None
    mean: PerChannel | None = None
    divide: PerChannel | None = None
    boxes: Unit | None = None
    batch: PositiveInt = 1
    channels_last: bool | None = None

    def filter(self, layout: Layout, score: float) -> CandidateFilter:
        """Return the filter of the candidates.

        Args:
            layout: Layout of the network.
            score: Minimum score of the method, besides that of the card.
        """
        density = None
        if self.eps is not None:
            density = Density(self.eps, self.min_boxes, self.min_group_score, self.merge)
        score, overlap = max(self.score, score), layout.overlap
        return CandidateFilter(score, overlap, self.side, self.max_count, density)

    def apply_to(self, layout: Layout) -> Layout:
        """Return a layout with what the card says otherwise.

        Raises:
            ValueError: The card contradicts the layout. Names the key.
        """
        said = {key: getattr(self, key) for key in _PREPARATION if getattr(self, key) is not None}
        preparation = replace(layout.preparation, **said)
        if self.boxes is not None and self.boxes not in layout.units:
            raise ValueError(
                f"boxes: expected one of {[*layout.units]} for the layout {layout.name}, "
                f"found {self.boxes!r}"
            )
        overlap = layout.overlap if self.overlap is None else self.overlap
        return replace(layout, preparation=preparation, overlap=overlap)


def read_card(path: Path) -> Card:
    """Return a network card.

    Args:
        path: Path of the card, or of a folder made by `export`. A network file stands for a card
            that names it and nothing else.

    Raises:
        FileNotFoundError: There is no card.
        ValueError: The card is invalid. Names the file and the key.
    """
    if path.suffix not in _CARD_FILES and not path.is_dir():
        return Card(path.name)
    content = read_fields(path, Card, "a detector")
    idle = [key for key in _GROUPING if key in content and content.get("eps") is None]
    if idle:
        raise ValueError(f"{path}: {idle[0]}: expected together with eps, found without")
    if not np.all(content.get("divide", 1)):
        raise ValueError(f"{path}: divide: expected other than 0, found {content['divide']!r}")
    try:
        class_list(content.get("classes", "coco"))
    except ValueError as error:
        raise ValueError(f"{path}: classes: {error}") from error
    return Card(**content)


def class_list(names: Any) -> tuple[str, ...]:
    """Return the names of classes in the order of the network.

    Args:
        names: The names in order, `coco`, or a mapping from class numbers to names.

    Raises:
        ValueError: There are no names, or the numbers are not those from zero.
    """
    if names == "coco":
        return COCO
    listed = names
    if isinstance(names, Mapping):
        if sorted(names) != [*range(len(names))]:
            raise ValueError(f"expected the numbers from 0 to {len(names) - 1}, found {[*names]}")
        listed = [names[number] for number in range(len(names))]
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise ValueError(f"expected a list of names, found {names!r:.200}")
    if not listed:
        raise ValueError("expected at least one name, found none")
    return tuple(listed)
