"""Masks in JSON files: run lengths, compressed or uncompressed, and polygons.

Source: the COCO API, pycocotools.mask, which rasterizes the polygons.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pycocotools import mask as coco

from datasets.io.errors import RowError
from datasets.masks.mask_set import Masks
from datasets.records.columns import Record, is_number, show
from datasets.types import Tracks

_MAX_COORDINATE = 2.0**16  # of a polygon's corners, in pixels: the COCO API uses 32-bit integers
_MAX_OUTLINE = 2.0**20  # of a polygon, in pixels: memory is used for each pixel
_MIN_NUMBERS = 6  # coordinates of a polygon
_BOX_NUMBERS = 4  # which the COCO API reads as a box


def read_masks(segmentations: Iterable[Any], height: int, width: int) -> Masks:
    """Return masks of one image size.

    Args:
        segmentations: Each an object with `size` and `counts`, which is a string (compressed) or a
            list of whole numbers, or a list of polygons, each a list of alternating x and y.

    Raises:
        RowError: A segmentation has another form or image size, does not cover the image exactly,
            or has a polygon with fewer than three corners or with one far outside the image.
    """
    runs = []
    for row, each in enumerate(segmentations):
        try:
            runs.append(_read_run(each, height, width))
        except ValueError as error:
            raise RowError(row, str(error)) from error
    return Masks.read(runs, height, width)


def masks_to_write(tracks: Tracks) -> Masks:
    """Return the masks of tracks; ValueError if there are rows but no masks."""
    if tracks.rle is not None:
        return tracks.rle
    if len(tracks):
        raise ValueError("the tracks have no masks to write")
    return Masks((), tracks.extent.height, tracks.extent.width)


def write_runs(masks: Masks) -> list[Record]:
    """Return compressed run lengths."""
    size = [masks.height, masks.width]
    return [{"size": size, "counts": run.decode()} for run in masks.runs]


def write_counts(masks: Masks) -> list[Record]:
    """Return uncompressed run lengths: alternating pixel counts of background and foreground."""
    intervals, pixels = masks.intervals, masks.height * masks.width
    edges = np.stack([intervals.start, intervals.stop], axis=1)
    first = intervals.first
    size = [masks.height, masks.width]
    found = []
    for row in range(len(masks)):
        counts = np.diff(edges[first[row] : first[row + 1]].ravel(), prepend=0, append=pixels)
        found.append({"size": size, "counts": counts[: len(counts) - (counts[-1] == 0)].tolist()})
    return found


def _read_run(segmentation: Any, height: int, width: int) -> bytes:
    """Return a compressed run length, not yet validated; ValueError for other forms."""
    if isinstance(segmentation, list):
        return _draw(segmentation, height, width)
    if not isinstance(segmentation, dict):
        raise ValueError(f"expected a run length or polygons, found {show(segmentation)}")
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        raise ValueError(f"size: expected [{height}, {width}], found {show(size)}")
    if isinstance(counts, str) and counts.isascii():
        return counts.encode()
    if isinstance(counts, list):
        return _compress(counts, height, width)
    raise ValueError(f"counts: expected a run length, found {show(counts)}")


def _compress(counts: list[Any], height: int, width: int) -> bytes:
    if not set(map(type, counts)) <= {int} or min(counts, default=0) < 0:
        raise ValueError(f"counts: expected whole numbers from 0, found {show(counts)}")
    if sum(counts) != height * width:
        expected = f"{height * width} pixels as in the image"
        raise ValueError(f"run length: expected {expected}, found {sum(counts)}")
    run: bytes = coco.frPyObjects({"size": [height, width], "counts": counts}, height, width)[
        "counts"
    ]
    return run


def _draw(polygons: list[Any], height: int, width: int) -> bytes:
    for polygon in polygons:
        _check_polygon(polygon)
    if not polygons:
        raise ValueError("expected a list of polygons, found an empty list")
    run: bytes = coco.merge(coco.frPyObjects(polygons, height, width))["counts"]
    return run


def _check_polygon(polygon: Any) -> None:
    if not isinstance(polygon, list) or not all(map(is_number, polygon)):
        raise ValueError(f"polygon: expected a list of finite numbers, found {show(polygon)}")
    if len(polygon) == _BOX_NUMBERS:
        raise ValueError(
            f"polygon: expected at least {_MIN_NUMBERS} numbers, found {_BOX_NUMBERS}: two "
            "corners, or left, top, width and height"
        )
    if len(polygon) < _MIN_NUMBERS or len(polygon) % 2:
        raise ValueError(
            f"polygon: expected an even count of at least {_MIN_NUMBERS} numbers, "
            f"found {len(polygon)}"
        )
    corners = np.array(polygon, np.float64).reshape(-1, 2)
    if abs(corners).max() > _MAX_COORDINATE:
        raise ValueError(f"polygon: a corner lies beyond {_MAX_COORDINATE:.0f} pixels")
    outline = abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum()
    if outline > _MAX_OUTLINE:
        expected = f"an outline of at most {_MAX_OUTLINE:.0f} pixels"
        raise ValueError(f"polygon: expected {expected}, found {outline:.0f}")
