"""Estimate the slow-down of a tracker from several processes of a baseline and of a run.

Each process makes many passes over the same frames and times a fixed amount of work after each step
(`trackers.timing.calibrated_clock`). Disturbances only make a step slower, so the fastest pass
counts, for each frame and for the work after it. The ratio of the two is the relative step time, in
units of the work. Its noise is the spread between processes, which differ for example in their
memory layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

MIN_PROCESSES = 2  # that an estimate of the spread needs


@dataclass(frozen=True)
class StepTimeChange:
    """Change of the relative step time.

    Args:
        change: Logarithm of the new over the old time.
        half_width: Half the width of its confidence interval, None with too few processes.
    """

    change: float
    half_width: float | None


def relative_step_time(
    timings: Many[Mapping[str, Any]], clock: str = "ns", passes: int | None = None
) -> float:
    """Return the mean step time of one process, in units of the calibration work.

    Args:
        timings: Content of the step time file of each sequence.
        clock: `ns` for elapsed time, `cpu_ns` for processor time.
        passes: Number of passes that count, from the first; all if None.
    """
    steps, work = [], []
    for timing in timings:
        steps.append(np.min(timing[f"step_{clock}"][:passes], axis=0))
        work.append(np.min(timing[f"calibration_{clock}"][:passes], axis=0))
    return float(np.concatenate(steps).mean() / np.concatenate(work).mean())


def compare_step_times(baseline: Many[float], found: Many[float], level: float) -> StepTimeChange:
    """Return the change of the mean over processes.

    The variance of the new processes is taken to be at least that of the baseline's. Student's t
    has the degrees of freedom of the side with fewer processes.

    Args:
        level: Confidence level, such as 0.95.
    """
    old, new = np.log(baseline), np.log(found)
    change = float(new.mean() - old.mean())
    min_count = min(len(old), len(new))
    if min_count < MIN_PROCESSES:
        return StepTimeChange(change, None)
    noise = old.var(ddof=1)
    variance = noise / len(old) + max(noise, new.var(ddof=1)) / len(new)
    quantile = float(stdtrit(min_count - 1, (1 + level) / 2))
    return StepTimeChange(change, quantile * float(np.sqrt(variance)))
