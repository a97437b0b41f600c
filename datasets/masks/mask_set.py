"""Sets of masks: COCO run lengths, and the intervals of pixels decoded directly from them.

A compressed run length is a list of counts, alternating background and foreground, down the
columns. Each count is written in base 32, lowest digit first, one character per digit: 48 plus the
digit, plus 32 if another digit follows; bit 16 of the last digit is the sign. From the fourth count
on, the difference from the count two before is written. Source for the format: the COCO API,
maskApi.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from datasets.io.errors import RowError
from datasets.masks.intervals import Foreground, Intervals

MAX_PIXELS = 2**30  # of an image: the maximum of a run length's counts
_FIRST, _MORE, _DIGIT, _SIGN = 48, 32, 31, 16
_WRITTEN_AS_IS = 3  # counts of a mask that are not differences
_BLOCK = 1 << 16  # characters decoded at once: sized to fit into a processor's cache
_NOT_LAST = bytes(range(_FIRST + _MORE, 256))  # characters followed by another digit of the count
_MAX_COUNT_DIGITS = 7  # 32^6 pixels are more than any image has


@dataclass(frozen=True)
class Masks:
    """Masks of one image size. Unvalidated bytes are decoded by `read`.

    Args:
        runs: One compressed run length per mask.
        height: Image height in pixels.
        width: Image width in pixels.
    """

    runs: tuple[bytes, ...]
    height: int
    width: int

    @classmethod
    def read(cls, runs: Iterable[bytes], height: int, width: int) -> Masks:
        """Return the validated masks.

        Raises:
            RowError: A run length has an invalid character, ends within a count, has a negative
                count, or does not cover the image exactly; the image is too large.
        """
        masks = cls(tuple(runs), height, width)
        if len(masks) and height * width > MAX_PIXELS:
            raise RowError(0, f"image size: expected at most 2^30 pixels, found {height} x {width}")
        # one count per pixel, and an empty count at either end
        max_length = _MAX_COUNT_DIGITS * (height * width + 2)
        if max(map(len, masks.runs), default=0) > max_length:
            row = next(row for row, run in enumerate(masks.runs) if len(run) > max_length)
            raise RowError(row, f"run length: expected at most {max_length} characters")
        _ = masks.foreground
        return masks

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, row: int) -> bytes:
        return self.runs[row]

    def take(self, rows: np.ndarray) -> Masks:
        """Return the masks selected by an index or boolean array."""
        chosen = np.arange(len(self))[rows].tolist()
        return Masks(tuple([self.runs[row] for row in chosen]), self.height, self.width)

    def between(self, begin: int, end: int) -> Masks:
        """Return masks `begin` to `end` (exclusive)."""
        return Masks(self.runs[begin:end], self.height, self.width)

    @property
    def areas(self) -> np.ndarray:
        """Pixel count of each mask, (N,) int64."""
        return self.foreground.area

    @property
    def boxes(self) -> np.ndarray:
        """Tight box of each mask, (N, 4): left, top, right, bottom; zeros for an empty mask."""
        return self.foreground.box

    @property
    def interval_counts(self) -> np.ndarray:
        """Number of intervals of each mask, (N,)."""
        return np.diff(self.foreground.first)

    @property
    def intervals(self) -> Intervals:
        """Foreground of all masks."""
        return self.intervals_of(0, len(self))

    def intervals_of(self, begin: int, end: int) -> Intervals:
        """Return the foreground of masks `begin` to `end` (exclusive), renumbered from 0."""
        return self.foreground.intervals_of(begin, end)

    @cached_property
    def foreground(self) -> Foreground:
        """Foreground of all masks, decoded in blocks, which bounds memory and is faster."""
        letters = np.cumsum(np.fromiter(map(len, self.runs), np.int64, len(self)))
        change = np.flatnonzero(np.diff(letters // _BLOCK, prepend=0)) + 1
        edges = np.unique(np.concatenate([[0], change, [len(self)]])).tolist()
        blocks = (self._read_block(*block) for block in pairwise(edges))
        return Foreground.join(blocks, len(self), _max_interval_count(self.runs))

    def _read_block(self, begin: int, end: int) -> Foreground:
        try:
            intervals = _read_intervals(self.runs[begin:end], self.height * self.width)
        except RowError as error:
            raise RowError(begin + error.row, error.reason) from error
        return Foreground.of(intervals, self.height)


def _max_interval_count(runs: Many[bytes]) -> int:
    """Return an upper bound on the number of intervals: half the number of counts."""
    return len(b"".join(runs).translate(None, _NOT_LAST)) // 2


def _read_intervals(runs: Many[bytes], pixels: int) -> Intervals:
    lengths = np.fromiter(map(len, runs), np.int64, len(runs))
    values, amount = _read_values(np.frombuffer(b"".join(runs), np.uint8), lengths)
    first, half = np.cumsum(amount) - amount, amount // 2
    before = np.cumsum(half) - half
    mask = np.repeat(np.arange(len(runs)), half)
    place = 2 * np.arange(len(mask)) + (first - 2 * before + 1)[mask]
    length = _sum_within(values[place], before, mask)
    gap = _sum_within_from_second(values[place - 1], before[half > 0], before, mask)
    rest = _last_background(values, first + amount - 1, amount, gap)
    if min(length.min(initial=0), gap.min(initial=0), rest.min(initial=0)) < 0:
        broken = np.append(mask[(length < 0) | (gap < 0)], np.flatnonzero(rest < 0))
        raise RowError(int(broken.min()), "run length: a count is negative")
    stop = np.cumsum(length + gap)
    base = np.concatenate([[0], stop])[np.append(before, len(mask))]
    _check_total(np.diff(base) + rest, pixels)
    stop -= base[mask]
    if len(length) and length.min() == 0:  # no foreground between two counts of background
        some = np.flatnonzero(length)
        half = np.bincount(mask[some], minlength=len(runs))
        length, stop = length[some], stop[some]
    return Intervals(np.concatenate([[0], np.cumsum(half)]), stop - length, stop)


def _check_total(total: np.ndarray, pixels: int) -> None:
    if (total != pixels).any():
        row = int(np.argmax(total != pixels))
        expected = f"{pixels} pixels as in the image"
        raise RowError(row, f"run length: expected {expected}, found {total[row]}")


def _read_values(letters: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the written numbers, with differences not resolved, and how many each mask has.

    Args:
        letters: (L,) uint8, characters of all masks, one mask after the other.
        lengths: (N,) number of characters of each mask.
    """
    letters = letters - np.uint8(_FIRST)  # values below the first wrap around and are too large
    ends = np.cumsum(lengths)
    _check_letters(letters, ends, lengths)
    last = np.flatnonzero(letters < _MORE)
    size = np.diff(last, prepend=-1)
    until = np.searchsorted(last, ends)
    if len(size) and size.max() > _MAX_COUNT_DIGITS:
        row = int(np.searchsorted(ends, last[np.argmax(size > _MAX_COUNT_DIGITS)], "right"))
        raise RowError(row, "run length: a count has too many digits")
    final = letters[last]
    value = final.astype(np.int64)
    value -= (final & _SIGN).astype(np.int64) << 1  # the highest digit, with its sign
    higher = np.flatnonzero(size > 1)
    value[higher] = _with_lower_digits(value[higher], letters, last[higher], size[higher])
    return value, np.diff(until, prepend=0)


def _with_lower_digits(
    value: np.ndarray, letters: np.ndarray, last: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Return numbers of several digits, given their highest digit, from the highest down."""
    value = value * 32 + (letters[last - 1] & _DIGIT)
    longer = np.arange(len(value))
    for back in range(2, _MAX_COUNT_DIGITS):
        longer = longer[size[longer] > back]
        value[longer] = value[longer] * 32 + (letters[last[longer] - back] & _DIGIT)
    return value


def _check_letters(letters: np.ndarray, ends: np.ndarray, lengths: np.ndarray) -> None:
    if len(letters) and letters.max() >= 2 * _MORE:
        place = int(np.argmax(letters >= 2 * _MORE))
        found = chr((int(letters[place]) + _FIRST) % 256)
        row = int(np.searchsorted(ends, place, "right"))
        raise RowError(row, f"run length: invalid character {found!r}")
    unfinished = np.zeros(len(ends), bool)
    some = lengths > 0
    unfinished[some] = letters[ends[some] - 1] >= _MORE
    if unfinished.any():
        raise RowError(int(np.argmax(unfinished)), "run length: it ends within a count")


def _sum_within(values: np.ndarray, before: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the cumulative sum of each mask's values.

    Args:
        before: (N,) number of values of earlier masks, for each mask.
        mask: (R,) mask of each value.
    """
    sums = np.cumsum(values)
    return sums - np.concatenate([[0], sums])[before][mask]


def _sum_within_from_second(
    values: np.ndarray, heads: np.ndarray, before: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """Return the same without adding the first value of each mask, at `heads`, which is kept."""
    tails = values.copy()
    tails[heads] = 0
    sums = _sum_within(tails, before, mask)
    sums[heads] = values[heads]
    return sums


def _last_background(
    values: np.ndarray, last: np.ndarray, amount: np.ndarray, gap: np.ndarray
) -> np.ndarray:
    """Return the background after the last interval of each mask, (N,); 0 if not written.

    Args:
        last: (N,) index of each mask's last value.
        gap: (R,) background before each interval.
    """
    rest = np.zeros(len(amount), np.int64)
    odd = amount % 2 == 1
    rest[odd] = values[last[odd]]
    difference = odd & (amount > _WRITTEN_AS_IS)
    rest[difference] += gap[np.cumsum(amount // 2)[difference] - 1]
    return rest
