"""Single comparisons of the gate and their verdicts. The rules are in docs/regression.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import expm1, isnan

from metrics.comparison.compare import AMBIGUOUS, BETTER, SAME, WORSE
from metrics.gate.relative_step_time import StepTimeChange

STEP_TIME = "relative step time"  # a metric, in units of the calibration workload
NEW, MISSING, NOT_COMPARED = "NEW", "MISSING", "NOT COMPARED"
PASS, REGRESSION, UNDECIDED = "pass", "regression", "undecided"
EXIT = {PASS: 0, REGRESSION: 1, UNDECIDED: 2}


@dataclass(frozen=True)
class Check:
    """Comparison of one value of one variant with the baseline.

    Args:
        run: Data set and protocol; the data set alone for speed.
        metric: Name of the column, STEP_TIME, or `results` for all of them.
        unit: `ratio`, `count`, or `work`: time of a frame in units of the calibration work.
        change: Change, positive for an improvement; for step times relative to the baseline.
        low: Lower end of the confidence interval of the change, None without an interval.
        high: Upper end of the interval.
        tolerance: Maximum loss that is accepted.
        why: Explanation in words, where the numbers are not sufficient.
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


def accuracy_verdict(change: float, half_width: float | None, tolerance: float) -> str:
    """Return the verdict on a change of a total, which is exact for these sequences.

    The confidence interval is that of other sequences of the same kind. It never turns a change
    within the tolerance into a regression, but makes it ambiguous if a larger loss is possible.

    Args:
        change: Change, positive for an improvement.
        half_width: Half the width of its confidence interval, None without an interval.
    """
    if isnan(change):
        return NOT_COMPARED
    if abs(change) > tolerance:
        return BETTER if change > 0 else WORSE
    if half_width is None or change - half_width < -tolerance:
        return AMBIGUOUS
    return SAME


def step_time_verdict(time_change: StepTimeChange, tolerance: float) -> str:
    """Return the verdict on a change of the step time, which is an estimate.

    A regression is a slow-down above the tolerance whose confidence interval excludes 0.

    Args:
        tolerance: Maximum slow-down, as a share of the baseline's time.
    """
    if time_change.half_width is None:
        return AMBIGUOUS
    slower = expm1(time_change.change)
    low, high = (time_change.change + sign * time_change.half_width for sign in (-1, 1))
    if slower > tolerance and low > 0:
        return WORSE
    if slower < -tolerance and high < 0:
        return BETTER
    return SAME if expm1(high) <= tolerance else AMBIGUOUS


def overall_verdict(checks: Iterable[Check]) -> str:
    """Return the verdict on a run.

    It is a regression if any check is one, and undecided if any check is undecided or none passes.
    """
    verdicts = {check.verdict for check in checks}
    if verdicts & {WORSE, MISSING}:
        return REGRESSION
    passed = verdicts & {SAME, BETTER}
    return UNDECIDED if verdicts & {AMBIGUOUS, NOT_COMPARED} or not passed else PASS
