"""Frame times of a video, where its frame rate varies."""

from __future__ import annotations

from collections.abc import Sequence as Many
from fractions import Fraction
from itertools import pairwise
from statistics import median

_TICKS = 1.5  # ticks, of at least a millisecond, by which the times of a constant rate may be off
_MIN_TICK = Fraction(1, 1000)
_RATE = 0.01  # relative difference of the header's frame rate from that of the frame times
_DIGITS = 6  # of seconds


def frame_times(
    ticks: Many[int | None], tick: Fraction | None, rate: Fraction | None
) -> tuple[float, tuple[float, ...] | None]:
    """Return the frame rate, and the seconds of each frame after the first if the rate varies.

    A variable rate is given as that of the median interval.

    Args:
        ticks: Time of each frame in ticks; None where the file has none.
        tick: Seconds of a tick.
        rate: Frames per second according to the header; 0 or None if it is unknown.

    Raises:
        ValueError: Neither the header nor the times give a frame rate.
    """
    header = float(rate or 0)
    times = _seconds(ticks, tick)
    if len(times) <= 1 or tick is None:
        if not header:
            raise ValueError("the frame rate is unknown")
        return header, None
    mean = times[-1] / (len(times) - 1)
    off = max(abs(time - index * mean) for index, time in enumerate(times))
    if off <= _TICKS * max(tick, _MIN_TICK):
        agrees = abs(header * float(mean) - 1) <= _RATE
        return (header if agrees else float(1 / mean)), None
    interval = median(after - before for before, after in pairwise(times))
    return float(1 / interval), tuple(round(float(time), _DIGITS) for time in times)


def _seconds(ticks: Many[int | None], tick: Fraction | None) -> list[Fraction]:
    """Return the exact seconds since the first frame; none unless all are known and increase."""
    known = [each for each in ticks if each is not None]
    increasing = all(before < after for before, after in pairwise(known))
    if tick is None or len(known) < len(ticks) or not increasing:
        return []
    return [(each - known[0]) * tick for each in known]
