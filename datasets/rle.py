"""Masks as compressed COCO run lengths: bytes, column by column, background first.

Source: the COCO API (pycocotools.mask). The image size is not part of the bytes; `Extent` has it.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np
from pycocotools import mask as coco


def encode(masks: np.ndarray) -> tuple[bytes, ...]:
    """Return one run length for each of N masks, shape (N, height, width), bool or 0/1."""
    if not len(masks):
        return ()
    columns_first = np.asfortranarray(np.moveaxis(masks, 0, -1), dtype=np.uint8)
    return tuple(run["counts"] for run in coco.encode(columns_first))


def decode(runs: Many[bytes], height: int, width: int) -> np.ndarray:
    """Return masks of shape (N, height, width), bool."""
    if not runs:
        return np.zeros((0, height, width), bool)
    return np.moveaxis(coco.decode(_objects(runs, height, width)), -1, 0).astype(bool)


def area(runs: Many[bytes], height: int, width: int) -> np.ndarray:
    """Return the number of pixels in each mask, shape (N,) int64."""
    if not runs:
        return np.zeros(0, np.int64)
    return np.asarray(coco.area(_objects(runs, height, width)), np.int64)


def iou(first: Many[bytes], second: Many[bytes], height: int, width: int) -> np.ndarray:
    """Return the intersection over union of every pair, shape (N, M); empty with empty gives 0."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    overlap = coco.iou(
        _objects(first, height, width), _objects(second, height, width), [False] * len(second)
    )
    return np.asarray(overlap, np.float64)


def boxes(runs: Many[bytes], height: int, width: int) -> np.ndarray:
    """Return the tight box of each mask, shape (N, 4) as left, top, right, bottom; empty: zeros."""
    if not runs:
        return np.zeros((0, 4))
    left, top, wide, high = np.asarray(coco.toBbox(_objects(runs, height, width)), np.float64).T
    return np.stack([left, top, left + wide, top + high], axis=1)


def _objects(runs: Many[bytes], height: int, width: int) -> list[dict[str, object]]:
    return [{"size": [height, width], "counts": counts} for counts in runs]
