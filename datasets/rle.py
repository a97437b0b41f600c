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


def iou(first: Many[bytes], second: Many[bytes], height: int, width: int) -> np.ndarray:
    """Return the intersection over union of every pair, shape (N, M); empty with empty gives 0."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    return _overlap(first, second, height, width, of_first=False)


def share_inside(inner: Many[bytes], outer: Many[bytes], height: int, width: int) -> np.ndarray:
    """Return the share of each of N masks that lies in each of M others, (N, M)."""
    if not inner or not outer:
        return np.zeros((len(inner), len(outer)))
    return _overlap(inner, outer, height, width, of_first=True)


def _overlap(
    first: Many[bytes], second: Many[bytes], height: int, width: int, *, of_first: bool
) -> np.ndarray:
    one, other = _objects(first, height, width), _objects(second, height, width)
    return np.asarray(coco.iou(one, other, [of_first] * len(second)), np.float64)


def _objects(runs: Many[bytes], height: int, width: int) -> list[dict[str, object]]:
    return [{"size": [height, width], "counts": counts} for counts in runs]
