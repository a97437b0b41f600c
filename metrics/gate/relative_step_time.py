"""How much slower a tracker became: several processes of a baseline against several of a run.

Each process passed the same frames many times, and timed a fixed amount of work after each step
(`trackers.timing.calibrated_clock`). What disturbs makes slower, never faster: of each frame, and
of the work after it, the fastest pass counts. The ratio of the two says how much the tracker does,
in units of the work. Processes differ for reasons of their own, such as where memory lies: that is
the noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

FEWEST = 2  # processes that a spread can be told from


@dataclass(frozen=True)
class Slowing:
    """A change of the time of a frame, as the logarithm of new over old.

    Args:
        half_width: Half the width of its interval, None where there are too few processes.
    """

    change: float
    half_width: float | None


def measure_pace(
    timings: Many[Mapping[str, Any]], clock: str = "ns", passes: int | None = None
) -> float:
    """Return the time of a mean frame of one process, in units of the work after it.

    Args:
        timings: What pace.json holds of each sequence.
        clock: `ns` for elapsed time, `cpu_ns` for processor time.
        passes: So many count, from the first; all where None.
    """
    steps, work = [], []
    for timing in timings:
        steps.append(np.min(timing[f"step_{clock}"][:passes], axis=0))
        work.append(np.min(timing[f"calibration_{clock}"][:passes], axis=0))
    return float(np.concatenate(steps).mean() / np.concatenate(work).mean())


def compare_paces(baseline: Many[float], found: Many[float], level: float) -> Slowing:
    """Return how much slower the mean process is.

    The spread of the baseline's processes is the least noise that either side is taken to have.
    Student's t has the degrees of freedom of the side with fewer processes.

    Args:
        level: Of the interval, such as 0.95.
    """
    old, new = np.log(baseline), np.log(found)
    change = float(new.mean() - old.mean())
    fewest = min(len(old), len(new))
    if fewest < FEWEST:
        return Slowing(change, None)
    noise = old.var(ddof=1)
    variance = noise / len(old) + max(noise, new.var(ddof=1)) / len(new)
    quantile = float(stdtrit(fewest - 1, (1 + level) / 2))
    return Slowing(change, quantile * float(np.sqrt(variance)))
