"""Masks of a smaller image, by its nearest pixels, without a dense mask on the way."""

from __future__ import annotations

import numpy as np

from datasets.masks.coco_rle import from_intervals
from datasets.masks.intervals import Intervals
from datasets.masks.mask_set import Masks


def shrink(masks: Masks, height: int, width: int) -> Masks:
    """Return the masks as they are in an image of at most their own size.

    A pixel is what the pixel below its centre is.
    """
    if (height, width) == (masks.height, masks.width):
        return masks
    owner, column, top, bottom = _by_column(masks.intervals, masks.height)
    across, down = _nearest(masks.width, width), _nearest(masks.height, height)
    place = np.full(masks.width, -1)
    place[across] = np.arange(width)
    top, bottom = np.searchsorted(down, top), np.searchsorted(down, bottom)
    seen = (place[column] >= 0) & (bottom > top)
    begin = place[column[seen]] * height
    first = np.searchsorted(owner[seen], np.arange(len(masks) + 1))
    small = Intervals(first, begin + top[seen], begin + bottom[seen])
    return from_intervals(small, height, width)


def _nearest(size: int, smaller: int) -> np.ndarray:
    """Return the pixel below the centre of each of fewer pixels, (smaller,)."""
    return (2 * np.arange(smaller) + 1) * size // (2 * smaller)


def _by_column(
    intervals: Intervals, height: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the mask, the column, the first row and the row after the last of each piece, (P,)."""
    left, right = intervals.start // height, (intervals.stop - 1) // height
    pieces = right - left + 1
    which = np.repeat(np.arange(len(left)), pieces)
    column = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + left[which]
    top = np.maximum(intervals.start[which] - column * height, 0)
    bottom = np.minimum(intervals.stop[which] - column * height, height)
    return intervals.mask[which], column, top, bottom
