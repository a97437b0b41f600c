"""How much slower a tracker became: processes of two checkouts that took turns on one machine.

The two processes of a pair ran one after the other, so what slows the machine for minutes slows
both: the logarithms of their ratios are averaged, with an interval by Student's t. Elapsed time is
what users wait for, and is compared wherever the machine was quiet enough to know it within half
the tolerance. Elsewhere processor time is: it hardly grows while other processes use the cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from math import log1p
from typing import Any

import numpy as np
from scipy.special import stdtrit

from metrics.gate.relative_step_time import FEWEST, Slowing, measure_pace

CLOCKS = {"elapsed time": "ns", "processor time": "cpu_ns"}
Pair = Mapping[str, Mapping[str, float]]  # by clock: `baseline` and `found`


@dataclass(frozen=True)
class Compared:
    """What the pairs of a variant show.

    Args:
        clock: Which of `CLOCKS`.
        baseline: The mean pace, in units of the work.
        found: Likewise.
    """

    clock: str
    baseline: float
    found: float
    slowing: Slowing


def measure_pair(
    baseline: Many[Mapping[str, Any]], found: Many[Mapping[str, Any]]
) -> dict[str, dict[str, float]]:
    """Return the paces of two processes by each clock.

    The fastest pass of a frame counts, so as many passes of either process.

    Args:
        baseline: What pace.json holds of each sequence.
        found: Likewise.
    """
    passes = min(len(timing["step_ns"]) for timing in (*baseline, *found))
    return {
        name: {
            side: measure_pace(timings, clock, passes)
            for side, timings in (("baseline", baseline), ("found", found))
        }
        for name, clock in CLOCKS.items()
    }


def compare_turns(
    pairs: Many[Pair], tolerance: float, level: float, *, on_gpu: bool = False
) -> Compared:
    """Return what pairs show, by the clock that is fit.

    Args:
        tolerance: Share of the old time.
        level: Of the interval, such as 0.95.
        on_gpu: Whether steps may wait for a GPU, which processor time does not show.
    """
    elapsed, processor = (_compare(pairs, clock, level) for clock in CLOCKS)
    width = elapsed.slowing.half_width
    known = width is not None and width <= log1p(tolerance) / 2
    return elapsed if known or on_gpu else processor


def _compare(pairs: Many[Pair], clock: str, level: float) -> Compared:
    old, new = (np.log([pair[clock][side] for pair in pairs]) for side in ("baseline", "found"))
    change, width = new - old, None
    if len(pairs) >= FEWEST:
        quantile = float(stdtrit(len(pairs) - 1, (1 + level) / 2))
        width = quantile * float(change.std(ddof=1)) / len(pairs) ** 0.5
    slowing = Slowing(float(change.mean()), width)
    return Compared(clock, float(np.exp(old.mean())), float(np.exp(new.mean())), slowing)
