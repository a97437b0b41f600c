"""Many masks at once as intervals of pixels, read straight from compressed COCO run lengths.

A compressed run length is a list of counts, background and foreground in turn, down the columns.
Each count is written in base 32, lowest digit first, a character a digit: 48 plus the digit, plus
32 where another digit follows; the last digit's bit 16 is the sign. From the fourth count on the
difference from the count two before is written. Source: the COCO API, maskApi.c, for the format.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from datasets.types import RowError

_FIRST, _MORE, _DIGIT, _SIGN = 48, 32, 31, 16
_LONGEST = 7  # digits of a count; 32^6 pixels are more than any image has


@dataclass(frozen=True)
class Intervals:
    """The foreground of N masks, ordered by mask, then position.

    Args:
        mask: (R,) number of the mask, 0 .. N - 1.
        start: (R,) first pixel, counted down the columns of the image.
        stop: (R,) pixel after the last.
    """

    mask: np.ndarray
    start: np.ndarray
    stop: np.ndarray


def read_intervals(runs: Many[bytes], pixels: int) -> Intervals:
    """Return the foreground of compressed run lengths.

    Args:
        pixels: Height times width, the same for all.

    Raises:
        RowError: A run length holds a character that cannot be, ends within a count, has a negative
            count, or does not cover the image exactly.
    """
    lengths = np.array([len(run) for run in runs], np.int64)
    owner = np.repeat(np.arange(len(runs)), lengths)
    counts, owner = _read_counts(np.frombuffer(b"".join(runs), np.uint8).astype(np.int64), owner)
    first = np.searchsorted(owner, np.arange(len(runs)))
    place = np.arange(len(owner)) - first[owner]
    counts = _add_up(counts, place)
    if (counts < 0).any():
        raise RowError(int(owner[np.argmax(counts < 0)]), "its run length has a negative count")
    total = np.bincount(owner, counts, len(runs)).astype(np.int64)
    if (total != pixels).any():
        row = int(np.argmax(total != pixels))
        reason = f"its run length covers {total[row]} pixels, the image has {pixels}"
        raise RowError(row, reason)
    stop = np.cumsum(counts) - owner * pixels
    inside = (place % 2 == 1) & (counts > 0)
    return Intervals(owner[inside], (stop - counts)[inside], stop[inside])


def areas(intervals: Intervals, count: int) -> np.ndarray:
    """Return the number of pixels of each of `count` masks, (count,) int64."""
    sizes = intervals.stop - intervals.start
    return np.bincount(intervals.mask, sizes, count).astype(np.int64)


def tight_boxes(intervals: Intervals, count: int, height: int) -> np.ndarray:
    """Return the box around each of `count` masks, (count, 4); zeros for an empty one."""
    columns, last_columns = intervals.start // height, (intervals.stop - 1) // height
    top, bottom = intervals.start % height, (intervals.stop - 1) % height + 1
    across = (
        last_columns > columns
    )  # runs from one column into the next: top and bottom are touched
    top, bottom = np.where(across, 0, top), np.where(across, height, bottom)
    box = np.zeros((count, 4))
    there, first = np.unique(intervals.mask, return_index=True)
    if len(there):
        box[there, 0] = np.minimum.reduceat(columns, first)
        box[there, 1] = np.minimum.reduceat(top, first)
        box[there, 2] = np.maximum.reduceat(last_columns, first) + 1
        box[there, 3] = np.maximum.reduceat(bottom, first)
    return box


def _read_counts(digits: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers that are written, differences not added, and the mask of each."""
    digits = digits - _FIRST
    wrong = (digits < 0) | (digits >= 2 * _MORE)
    if wrong.any():
        place = int(np.argmax(wrong))
        found = chr(int(digits[place]) + _FIRST)
        raise RowError(int(owner[place]), f"its run length holds the character {found!r}")
    last = digits < _MORE
    ends = np.flatnonzero(last)
    begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    broken = owner[begins] != owner[ends] if len(ends) else np.zeros(0, bool)
    if len(digits) and (not last[-1] or broken.any()):
        row = int(owner[begins][np.argmax(broken)]) if broken.any() else int(owner[-1])
        raise RowError(row, "its run length ends within a count")
    size = ends - begins + 1
    if (size > _LONGEST).any():
        raise RowError(int(owner[ends][np.argmax(size > _LONGEST)]), "its run length is too long")
    power = np.arange(len(digits)) - np.repeat(begins, size)
    value = np.add.reduceat((digits & _DIGIT) << (5 * power), begins) if len(ends) else ends
    negative = (digits[ends] & _SIGN) > 0
    return value - (negative.astype(np.int64) << (5 * size)), owner[ends]


def _add_up(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the counts: from the fourth on, the value plus the count two before in its mask."""
    counts = values.copy()
    for parity, first in ((1, 1), (0, 2)):
        chain = np.flatnonzero((place % 2 == parity) & (place >= first))
        sums = np.cumsum(values[chain])
        starts = np.flatnonzero(place[chain] == first)
        before = np.concatenate([[0], sums])[starts]
        length = np.diff(np.append(starts, len(chain)))
        counts[chain] = sums - np.repeat(before, length)
    return counts
