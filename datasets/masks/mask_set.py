"""Many masks at once: COCO run lengths, and the intervals of pixels read straight from them.

A compressed run length is a list of counts, background and foreground in turn, down the columns.
Each count is written in base 32, lowest digit first, a character a digit: 48 plus the digit, plus
32 where another digit follows; the last digit's bit 16 is the sign. From the fourth count on the
difference from the count two before is written. Source: the COCO API, maskApi.c, for the format.
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

MOST_PIXELS = 2**30  # of an image: what a run length can count
_FIRST, _MORE, _DIGIT, _SIGN = 48, 32, 31, 16
_WRITTEN_AS_IS = 3  # counts of a mask that are not differences
_BLOCK = 1 << 16  # letters read at once: what fits into a processor's cache
_NOT_LAST = bytes(range(_FIRST + _MORE, 256))  # letters after which the count goes on
_LONGEST = 7  # digits of a count; 32^6 pixels are more than any image has


@dataclass(frozen=True)
class Masks:
    """Masks of one image size. `read` is how they are made of bytes that nobody has checked.

    Args:
        runs: One compressed run length a mask.
        height: Of the image, in pixels.
        width: Of the image, in pixels.
    """

    runs: tuple[bytes, ...]
    height: int
    width: int

    @classmethod
    def read(cls, runs: Iterable[bytes], height: int, width: int) -> Masks:
        """Return the masks.

        Raises:
            RowError: A run length holds a character that cannot be, ends within a count, has a
                negative count, or does not cover the image exactly; the image is too large.
        """
        masks = cls(tuple(runs), height, width)
        if len(masks) and height * width > MOST_PIXELS:
            raise RowError(0, f"image of {height} x {width} found, expected at most 2^30 pixels")
        longest = _LONGEST * (height * width + 2)  # a count a pixel, and one of none at both ends
        if max(map(len, masks.runs), default=0) > longest:
            row = next(row for row, run in enumerate(masks.runs) if len(run) > longest)
            raise RowError(row, f"its run length has more than {longest} letters")
        _ = masks.read_once
        return masks

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, row: int) -> bytes:
        return self.runs[row]

    def take(self, rows: np.ndarray) -> Masks:
        """Return the masks of an index or boolean array."""
        chosen = np.arange(len(self))[rows].tolist()
        return Masks(tuple([self.runs[row] for row in chosen]), self.height, self.width)

    @property
    def areas(self) -> np.ndarray:
        """Pixels of each, (N,) int64."""
        return self.read_once.area

    @property
    def boxes(self) -> np.ndarray:
        """The box around each, (N, 4): left, top, right, bottom; zeros for an empty mask."""
        return self.read_once.box

    @property
    def amounts(self) -> np.ndarray:
        """Number of intervals of each, (N,)."""
        return np.diff(self.read_once.first)

    @property
    def intervals(self) -> Intervals:
        """The foreground of all."""
        return self.intervals_of(0, len(self))

    def intervals_of(self, begin: int, end: int) -> Intervals:
        """Return the foreground of masks `begin` to before `end`; `begin` is number 0 in it."""
        return self.read_once.intervals_of(begin, end)

    @cached_property
    def read_once(self) -> Foreground:
        """What the run lengths say, read some at a time: that bounds memory, and is faster."""
        letters = np.cumsum(np.fromiter(map(len, self.runs), np.int64, len(self)))
        change = np.flatnonzero(np.diff(letters // _BLOCK, prepend=0)) + 1
        edges = np.unique(np.concatenate([[0], change, [len(self)]])).tolist()
        blocks = (self._read_block(*block) for block in pairwise(edges))
        return Foreground.join(blocks, len(self), _most_intervals(self.runs))

    def _read_block(self, begin: int, end: int) -> Foreground:
        try:
            intervals = _read_intervals(self.runs[begin:end], self.height * self.width)
        except RowError as error:
            raise RowError(begin + error.row, error.reason) from error
        return Foreground.of(intervals, self.height)


def _most_intervals(runs: Many[bytes]) -> int:
    """Return how many intervals run lengths have at most: half of their counts."""
    return len(b"".join(runs).translate(None, _NOT_LAST)) // 2


def _read_intervals(runs: Many[bytes], pixels: int) -> Intervals:
    lengths = np.fromiter(map(len, runs), np.int64, len(runs))
    values, amount = _read_values(np.frombuffer(b"".join(runs), np.uint8), lengths)
    first, half = np.cumsum(amount) - amount, amount // 2
    before = np.cumsum(half) - half
    mask = np.repeat(np.arange(len(runs)), half)
    place = 2 * np.arange(len(mask)) + (first - 2 * before + 1)[mask]
    length = _add_up(values[place], before, mask)
    gap = _add_up_from_second(values[place - 1], before[half > 0], before, mask)
    rest = _last_background(values, first + amount - 1, amount, gap)
    if min(length.min(initial=0), gap.min(initial=0), rest.min(initial=0)) < 0:
        broken = np.append(mask[(length < 0) | (gap < 0)], np.flatnonzero(rest < 0))
        raise RowError(int(broken.min()), "its run length has a negative count")
    stop = np.cumsum(length + gap)
    base = np.concatenate([[0], stop])[np.append(before, len(mask))]
    _check_total(np.diff(base) + rest, pixels)
    stop -= base[mask]
    if len(length) and length.min() == 0:  # nothing of the foreground between two of background
        some = np.flatnonzero(length)
        half = np.bincount(mask[some], minlength=len(runs))
        length, stop = length[some], stop[some]
    return Intervals(np.concatenate([[0], np.cumsum(half)]), stop - length, stop)


def _check_total(total: np.ndarray, pixels: int) -> None:
    if (total != pixels).any():
        row = int(np.argmax(total != pixels))
        reason = f"its run length covers {total[row]} pixels, the image has {pixels}"
        raise RowError(row, reason)


def _read_values(letters: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers that are written, differences not added, and how many each mask has.

    Args:
        letters: (L,) uint8, of all masks one after the other.
        lengths: (N,) letters of each mask.
    """
    letters = letters - np.uint8(_FIRST)  # one below the first wraps round and is too large
    ends = np.cumsum(lengths)
    _check_letters(letters, ends, lengths)
    last = np.flatnonzero(letters < _MORE)
    size = np.diff(last, prepend=-1)
    until = np.searchsorted(last, ends)
    if len(size) and size.max() > _LONGEST:
        row = int(np.searchsorted(ends, last[np.argmax(size > _LONGEST)], "right"))
        raise RowError(row, "its run length is too long")
    final = letters[last]
    value = final.astype(np.int64)
    value -= (final & _SIGN).astype(np.int64) << 1  # the highest digit, with its sign
    higher = np.flatnonzero(size > 1)
    value[higher] = _with_lower_digits(value[higher], letters, last[higher], size[higher])
    return value, np.diff(until, prepend=0)


def _with_lower_digits(
    value: np.ndarray, letters: np.ndarray, last: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Return numbers of more than one digit whose highest digit is known, from the highest down."""
    value = value * 32 + (letters[last - 1] & _DIGIT)
    longer = np.arange(len(value))
    for back in range(2, _LONGEST):
        longer = longer[size[longer] > back]
        value[longer] = value[longer] * 32 + (letters[last[longer] - back] & _DIGIT)
    return value


def _check_letters(letters: np.ndarray, ends: np.ndarray, lengths: np.ndarray) -> None:
    if len(letters) and letters.max() >= 2 * _MORE:
        place = int(np.argmax(letters >= 2 * _MORE))
        found = chr((int(letters[place]) + _FIRST) % 256)
        row = int(np.searchsorted(ends, place, "right"))
        raise RowError(row, f"its run length holds the character {found!r}")
    unfinished = np.zeros(len(ends), bool)
    some = lengths > 0
    unfinished[some] = letters[ends[some] - 1] >= _MORE
    if unfinished.any():
        raise RowError(int(np.argmax(unfinished)), "its run length ends within a count")


def _add_up(values: np.ndarray, before: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the sum of each mask's values up to each.

    Args:
        before: (N,) values of the masks before each mask.
        mask: (R,) mask of each value.
    """
    sums = np.cumsum(values)
    return sums - np.concatenate([[0], sums])[before][mask]


def _add_up_from_second(
    values: np.ndarray, heads: np.ndarray, before: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """Return the same, the first value of each mask, at `heads`, left out and left as it is."""
    tails = values.copy()
    tails[heads] = 0
    sums = _add_up(tails, before, mask)
    sums[heads] = values[heads]
    return sums


def _last_background(
    values: np.ndarray, last: np.ndarray, amount: np.ndarray, gap: np.ndarray
) -> np.ndarray:
    """Return the background after the last interval of each mask, (N,); 0 where none is written.

    Args:
        last: (N,) place of each mask's last value.
        gap: (R,) background before each interval.
    """
    rest = np.zeros(len(amount), np.int64)
    odd = amount % 2 == 1
    rest[odd] = values[last[odd]]
    difference = odd & (amount > _WRITTEN_AS_IS)
    rest[difference] += gap[np.cumsum(amount // 2)[difference] - 1]
    return rest
