"""Masks as JSON files hold them: run lengths, compressed or plain, and polygons.

Source: the COCO API, pycocotools.mask, which draws the polygons.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pycocotools import mask as coco

from datasets.formats.json_records import Record, is_number, show
from datasets.io.errors import RowError
from datasets.masks.mask_set import Masks
from datasets.types import Tracks

_FARTHEST = 2.0**16  # of a polygon's corners, in pixels: the COCO API computes in 32 bits
_LONGEST = 2.0**20  # outline of a polygon, in pixels: it takes memory for each
_FEWEST = 6  # coordinates of a polygon


def read_masks(segmentations: Iterable[Any], height: int, width: int) -> Masks:
    """Return masks of one image size.

    Args:
        segmentations: Each an object with `size` and `counts`, a text (compressed) or a list of
            whole numbers, or a list of polygons, each a list of x and y in turn.

    Raises:
        RowError: One is something else, of another image size, does not cover the image exactly, or
            has a polygon with less than three corners or one that is far outside.
    """
    runs = []
    for row, each in enumerate(segmentations):
        try:
            runs.append(_read_run(each, height, width))
        except ValueError as error:
            raise RowError(row, str(error)) from error
    return Masks.read(runs, height, width)


def masks_to_write(tracks: Tracks) -> Masks:
    """Return the masks of tracks; ValueError if they have rows and no masks."""
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
    """Return plain run lengths: the pixels of background and foreground in turn."""
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
    """Return a compressed run length, not yet read; ValueError for what cannot be one."""
    if isinstance(segmentation, list):
        return _draw(segmentation, height, width)
    if not isinstance(segmentation, dict):
        raise ValueError(f"{show(segmentation)} found, expected a run length or polygons")
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        raise ValueError(f"size {show(size)} found, expected [{height}, {width}]")
    if isinstance(counts, str) and counts.isascii():
        return counts.encode()
    if isinstance(counts, list):
        return _compress(counts, height, width)
    raise ValueError(f"counts {show(counts)} found, expected a run length")


def _compress(counts: list[Any], height: int, width: int) -> bytes:
    if not set(map(type, counts)) <= {int} or min(counts, default=0) < 0:
        raise ValueError(f"counts {show(counts)} found, expected whole numbers from 0")
    if sum(counts) != height * width:
        reason = f"covers {sum(counts)} pixels, the image has {height * width}"
        raise ValueError(f"its run length {reason}")
    run: bytes = coco.frPyObjects({"size": [height, width], "counts": counts}, height, width)[
        "counts"
    ]
    return run


def _draw(polygons: list[Any], height: int, width: int) -> bytes:
    for polygon in polygons:
        _check_polygon(polygon)
    if not polygons:
        raise ValueError("an empty list of polygons found")
    run: bytes = coco.merge(coco.frPyObjects(polygons, height, width))["counts"]
    return run


def _check_polygon(polygon: Any) -> None:
    if not isinstance(polygon, list) or not all(map(is_number, polygon)):
        raise ValueError(f"polygon {show(polygon)} found, expected a list of finite numbers")
    if len(polygon) < _FEWEST or len(polygon) % 2:
        raise ValueError(
            f"polygon of {len(polygon)} numbers found, expected an even count of at least {_FEWEST}"
        )
    corners = np.array(polygon, np.float64).reshape(-1, 2)
    if abs(corners).max() > _FARTHEST:
        raise ValueError(f"polygon corner beyond {_FARTHEST:.0f} pixels found")
    outline = abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum()
    if outline > _LONGEST:
        raise ValueError(f"polygon of {outline:.0f} pixels around found, expected less")
