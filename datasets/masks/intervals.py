"""The foreground of many masks as intervals of pixels, and its compact storage."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

_BITS = 16  # lower bits of a number, stored for all numbers


@dataclass(frozen=True)
class Intervals:
    """The foreground of N masks, ordered by mask, then position.

    Args:
        first: (N + 1,) index of each mask's first interval; the last entry is R.
        start: (R,) first pixel, counted down the columns of the image.
        stop: (R,) pixel after the last one.
    """

    first: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """The mask index of each interval, (R,)."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


@dataclass(frozen=True)
class _Counts:
    """Whole numbers, few of which need more than 16 bits.

    Args:
        low: (R,) uint16, the lower 16 bits of each number.
        wide: (W,) indices of the numbers with more bits, ascending.
        high: (W,) the upper bits of those.
    """

    low: np.ndarray
    wide: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> _Counts:
        wide = np.flatnonzero(values >> _BITS)
        return cls(values.astype(np.uint16), wide, values[wide] >> _BITS)

    def moved(self, by: int, low: np.ndarray) -> _Counts:
        """Return the same numbers at offset `by` of an array whose lower bits are `low`."""
        low[by : by + len(self.low)] = self.low
        return _Counts(low, self.wide + by, self.high)

    def read(self, span: slice) -> np.ndarray:
        """Return the numbers of a slice, int64."""
        values = self.low[span].astype(np.int64)
        within = slice(*np.searchsorted(self.wide, [span.start, span.stop]))
        values[self.wide[within] - span.start] += self.high[within] << _BITS
        return values


@dataclass(frozen=True)
class Foreground:
    """The foreground of masks in a fraction of the memory of their intervals.

    Args:
        area: (N,) int64, number of pixels.
        box: (N, 4) tight boxes.
        first: (N + 1,) index of each mask's first interval.
        head: (N,) start of each mask's first interval.
        gap: Background before each interval, 0 before the first.
        length: Length of each interval.
    """

    area: np.ndarray
    box: np.ndarray
    first: np.ndarray
    head: np.ndarray
    gap: _Counts
    length: _Counts

    @classmethod
    def of(cls, intervals: Intervals, height: int) -> Foreground:
        first, length = intervals.first, intervals.stop - intervals.start
        filled = np.flatnonzero(np.diff(first))
        gap = intervals.start - np.append(0, intervals.stop)[:-1]
        head = np.zeros(len(first) - 1, np.int64)
        head[filled] = intervals.start[first[filled]]
        gap[first[filled]] = 0
        covered = np.append(0, np.cumsum(length))
        box = _tight_boxes(intervals, height)
        return cls(np.diff(covered[first]), box, first, head, _Counts.of(gap), _Counts.of(length))

    @classmethod
    def join(cls, parts: Iterable[Foreground], masks: int, intervals: int) -> Foreground:
        """Return the parts as one, given the number of masks and a bound on that of intervals.

        Memory is allocated beforehand: allocating piece by piece would fragment it.
        """
        area, head = np.zeros(masks, np.int64), np.zeros(masks, np.int64)
        box, first = np.zeros((masks, 4)), np.zeros(masks + 1, np.int64)
        low = np.zeros((2, intervals), np.uint16)
        gaps, lengths = [_Counts.of(first[:0])], [_Counts.of(first[:0])]
        row = at = 0
        for part in parts:
            end = row + len(part.area)
            area[row:end], box[row:end], head[row:end] = part.area, part.box, part.head
            first[row : end + 1] = part.first + at
            gaps.append(part.gap.moved(at, low[0]))
            lengths.append(part.length.moved(at, low[1]))
            row, at = end, int(first[end])
        return cls(area, box, first, head, _joined(gaps, low[0]), _joined(lengths, low[1]))

    def intervals_of(self, begin: int, end: int) -> Intervals:
        first = self.first[begin : end + 1]
        span = slice(first[0], first[-1])
        first = first - first[0]
        length = self.length.read(span)
        stop = np.cumsum(length + self.gap.read(span))
        before = np.append(0, stop)[first[:-1]]
        stop += np.repeat(self.head[begin:end] - before, np.diff(first))
        return Intervals(first, stop - length, stop)


def _joined(parts: Many[_Counts], low: np.ndarray) -> _Counts:
    wide = np.concatenate([part.wide for part in parts])
    return _Counts(low, wide, np.concatenate([part.high for part in parts]))


def _tight_boxes(intervals: Intervals, height: int) -> np.ndarray:
    filled = np.flatnonzero(np.diff(intervals.first))
    box = np.zeros((len(intervals.first) - 1, 4))
    if not len(filled):
        return box
    first, last = intervals.first[filled], intervals.first[filled + 1] - 1
    columns = intervals.start // height
    last_columns = (intervals.stop - 1) // height
    top = intervals.start - columns * height
    bottom = intervals.stop - last_columns * height
    across = np.flatnonzero(last_columns > columns)  # an interval across columns has full height
    top[across], bottom[across] = 0, height
    box[filled, 0] = columns[first]
    box[filled, 1] = np.minimum.reduceat(top, first)
    box[filled, 2] = last_columns[last] + 1
    box[filled, 3] = np.maximum.reduceat(bottom, first)
    return box
