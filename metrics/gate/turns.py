"""Estimate the slow-down of a tracker from processes of two working trees run in turns.

The two processes of a pair run one after the other on one machine, so a disturbance of some minutes
affects both. The log-ratios of the pairs are averaged, with a confidence interval by Student's t.
Elapsed time is what users experience. It is compared if the machine was quiet enough for an
interval within half the tolerance. Otherwise processor time is compared, which hardly grows while
other processes use the cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from math import log1p
from typing import Any

import numpy as np
from scipy.special import stdtrit

from metrics.gate.relative_step_time import MIN_PROCESSES, StepTimeChange, relative_step_time

CLOCKS = {"elapsed time": "ns", "processor time": "cpu_ns"}
Pair = Mapping[str, Mapping[str, float]]  # by clock: `baseline` and `found`


@dataclass(frozen=True)
class TurnComparison:
    """Comparison of the pairs of a variant by one clock.

    Args:
        clock: Key of `CLOCKS`.
        baseline: Mean relative step time of the baseline, in units of the calibration work.
        found: Mean relative step time of the run.
        slowing: Change from baseline to run.
    """

    clock: str
    baseline: float
    found: float
    time_change: StepTimeChange


def measure_pair(
    baseline: Many[Mapping[str, Any]], found: Many[Mapping[str, Any]]
) -> dict[str, dict[str, float]]:
    """Return the relative step times of two processes by each clock.

    The fastest pass of a frame counts, so the same number of passes is used of both processes.

    Args:
        baseline: Content of the step time file of each sequence.
        found: The same of the run.
    """
    passes = min(len(timing["step_ns"]) for timing in (*baseline, *found))
    return {
        name: {
            side: relative_step_time(timings, clock, passes)
            for side, timings in (("baseline", baseline), ("found", found))
        }
        for name, clock in CLOCKS.items()
    }


def compare_turns(
    pairs: Many[Pair], tolerance: float, level: float, *, on_gpu: bool = False
) -> TurnComparison:
    """Return the comparison of the pairs by the appropriate clock.

    Args:
        tolerance: Maximum slow-down, as a share of the baseline's time.
        level: Confidence level, such as 0.95.
        on_gpu: Whether steps may wait for a GPU, which processor time does not include.
    """
    elapsed, processor = (_compare(pairs, clock, level) for clock in CLOCKS)
    width = elapsed.time_change.half_width
    precise = width is not None and width <= log1p(tolerance) / 2
    return elapsed if precise or on_gpu else processor


def _compare(pairs: Many[Pair], clock: str, level: float) -> TurnComparison:
    old, new = (np.log([pair[clock][side] for pair in pairs]) for side in ("baseline", "found"))
    change, width = new - old, None
    if len(pairs) >= MIN_PROCESSES:
        quantile = float(stdtrit(len(pairs) - 1, (1 + level) / 2))
        width = quantile * float(change.std(ddof=1)) / len(pairs) ** 0.5
    means = float(np.exp(old.mean())), float(np.exp(new.mean()))
    return TurnComparison(clock, *means, StepTimeChange(float(change.mean()), width))
