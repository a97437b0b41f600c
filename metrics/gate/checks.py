"""One comparison of the gate, and the word for it. docs/regression.md has the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import expm1, isnan

from metrics.comparison.compare import AMBIGUOUS, BETTER, SAME, WORSE
from metrics.gate.relative_step_time import Slowing

NEW, MISSING, NOT_JUDGED = "NEW", "MISSING", "NOT JUDGED"
PASS, REGRESSION, UNDECIDED = "pass", "regression", "could not judge"
EXIT = {PASS: 0, REGRESSION: 1, UNDECIDED: 2}


@dataclass(frozen=True)
class Check:
    """One number of one variant, before and now.

    Args:
        run: Data set and protocol; the data set alone where it is about speed.
        metric: Column, `pace`, or `results` where it is about all of them.
        unit: `ratio`, `count`, or `work`: a frame's time in units of the calibration.
        change: For the better; of a pace the share of the old one.
        low: Least change that the interval holds, None where there is no interval.
        high: Largest.
        tolerance: So large a loss is none.
        why: In words, where the numbers do not say it.
    """

    run: str
    variant: str
    metric: str
    verdict: str
    unit: str = "ratio"
    baseline: float | None = None
    found: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None
    why: str = ""


def judge_total(change: float, half_width: float | None, tolerance: float) -> str:
    """Return the word for a change on the same sequences: there the change itself is a fact.

    The interval is about other sequences like these: it makes no regression of what is none here,
    but leaves open what it cannot rule out.

    Args:
        change: For the better.
        half_width: Of its interval, None where there is none.
    """
    if isnan(change):
        return NOT_JUDGED
    if abs(change) > tolerance:
        return BETTER if change > 0 else WORSE
    if half_width is None or change - half_width < -tolerance:
        return AMBIGUOUS
    return SAME


def judge_pace(slowing: Slowing, tolerance: float) -> str:
    """Return the word for a slow-down, which is an estimate: it has to be large, and sure.

    Args:
        tolerance: Share of the old time.
    """
    if slowing.half_width is None:
        return AMBIGUOUS
    slower = expm1(slowing.change)
    low, high = (slowing.change + sign * slowing.half_width for sign in (-1, 1))
    if slower > tolerance and low > 0:
        return WORSE
    if slower < -tolerance and high < 0:
        return BETTER
    return SAME if expm1(high) <= tolerance else AMBIGUOUS


def overall(checks: Iterable[Check]) -> str:
    """Return the verdict on a run: one regression is enough, else one that is open."""
    words = {check.verdict for check in checks}
    if words & {WORSE, MISSING}:
        return REGRESSION
    judged = words & {SAME, BETTER}
    return UNDECIDED if words & {AMBIGUOUS, NOT_JUDGED} or not judged else PASS
