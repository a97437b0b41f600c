"""Downscale masks by nearest-neighbour sampling, without decoding them to dense masks."""

from __future__ import annotations

import numpy as np

from datasets.masks.coco_rle import from_intervals
from datasets.masks.intervals import Intervals
from datasets.masks.mask_set import Masks


def downscale_masks(masks: Masks, height: int, width: int) -> Masks:
    """Return the masks in an image of at most their own size.

    A pixel has the value of the original pixel at its centre.
    """
    if (height, width) == (masks.height, masks.width):
        return masks
    owner, column, top, bottom = _by_column(masks.intervals, masks.height)
    across, down = _nearest(masks.width, width), _nearest(masks.height, height)
    new_column = np.full(masks.width, -1)
    new_column[across] = np.arange(width)
    top, bottom = np.searchsorted(down, top), np.searchsorted(down, bottom)
    kept = (new_column[column] >= 0) & (bottom > top)
    start = new_column[column[kept]] * height
    first = np.searchsorted(owner[kept], np.arange(len(masks) + 1))
    intervals = Intervals(first, start + top[kept], start + bottom[kept])
    return from_intervals(intervals, height, width)


def _nearest(size: int, new_size: int) -> np.ndarray:
    """Return the original pixel at the centre of each new pixel, (new_size,)."""
    return (2 * np.arange(new_size) + 1) * size // (2 * new_size)


def _by_column(
    intervals: Intervals, height: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mask, column, first row and end row (exclusive) of each piece in one column, (P,)."""
    left, right = intervals.start // height, (intervals.stop - 1) // height
    pieces = right - left + 1
    which = np.repeat(np.arange(len(left)), pieces)
    column = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + left[which]
    top = np.maximum(intervals.start[which] - column * height, 0)
    bottom = np.minimum(intervals.stop[which] - column * height, height)
    return intervals.mask[which], column, top, bottom
