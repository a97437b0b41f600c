"""The boxes and masks of COCO records, as they are written or as the COCO API takes them.

Source: pycocotools 2.0, COCO.loadRes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.io.mended import count_mended
from datasets.needs import Needs
from datasets.overlap import mend_sizes
from datasets.records.columns import Record, as_numbers, have, is_number, show

_NUMBERS = 4  # of a bbox
_NO_BOX = [float("nan")] * _NUMBERS


@dataclass(frozen=True)
class Shapes:
    """The boxes and masks of records.

    Args:
        columns: Columns of the records; a box is NaN where it is missing.
        runs: Segmentation of each record; None without masks.
        mask_areas: Whether the areas are those of the masks.
    """

    columns: dict[str, np.ndarray]
    runs: list[Any] | None
    mask_areas: bool = False


def is_boxed(records: list[Record]) -> bool:
    """Return whether the only record has a bbox by the rule of the COCO API."""
    return bool(records) and "bbox" in records[0] and records[0]["bbox"] != []


def read_shapes(records: list[Record], *, masks: bool) -> Shapes:
    """Return the boxes and masks of records that all have them, or none.

    Args:
        masks: Whether masks are read where there are boxes.
    """
    boxed = have(records, "bbox")
    masked = (masks or not boxed) and have(records, "segmentation")
    if records and not masked and not boxed:
        raise RowError(0, "expected a bbox or a segmentation, found neither")
    return Shapes(
        {"box": _read_boxes(records)} if boxed or not masked else {},
        [record["segmentation"] for record in records] if masked else None,
    )


def boxed_shapes(records: list[Record], needs: Needs) -> Shapes:
    """Return the boxes of results, their areas, and the masks, which are boxes where missing."""
    box = _read_boxes(records)
    size = np.array([record["bbox"][2:] for record in records], np.float64).reshape(-1, 2)
    columns = {"box": box, "area": size.prod(axis=1)}
    if not needs.masks:
        return Shapes(columns, None)
    missing = sum("segmentation" not in record for record in records)
    count_mended("results without a segmentation, whose box is taken as mask", missing)
    corners = box[:, [0, 1, 0, 3, 2, 3, 2, 1]].tolist()
    pairs = zip(records, corners, strict=True)
    return Shapes(columns, [each.get("segmentation", [outline]) for each, outline in pairs])


def masked_shapes(records: list[Record]) -> Shapes:
    """Return the masks of results, and the boxes of those that have one."""
    if records and "segmentation" not in records[0]:
        raise RowError(0, "expected a bbox or a segmentation, found neither")
    box = _read_boxes([{"bbox": _NO_BOX} | record for record in records])
    runs = [record.get("segmentation") for record in records]
    return Shapes({"box": box}, runs, mask_areas=True)


def _read_boxes(records: list[Record]) -> np.ndarray:
    """Return left, top, right, bottom, (N, 4)."""
    boxes = [record.get("bbox") for record in records]
    if not _are_boxes(boxes):
        for row, box in enumerate(boxes):
            if box is not _NO_BOX and not _is_box(box):
                expected = "left, top, width and height"
                raise RowError(row, f"bbox: expected {expected}, found {show(box)}")
    found = np.array(boxes, np.float64).reshape(-1, 4)
    with np.errstate(over="ignore"):  # Tracks refuses numbers that are not finite
        found[:, 2:] += found[:, :2]
    return mend_sizes(found)


def _are_boxes(boxes: list[Any]) -> bool:
    """Return whether all are as of `_is_box`, at once; False also if any is _NO_BOX."""
    lists = {*map(type, boxes)} <= {list} and {*map(len, boxes)} <= {_NUMBERS}
    return lists and as_numbers([*chain.from_iterable(boxes)]) is not None


def _is_box(box: Any) -> bool:
    return isinstance(box, list) and len(box) == _NUMBERS and all(map(is_number, box))
