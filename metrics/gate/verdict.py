"""Compare the results of a run with a baseline → verdict.json.

    python -m metrics.gate.verdict --plan '{"runs": [...], ...}'
        --baseline config/baselines/default.json --output results/regression/verdict.json

`--plan` describes the requested results; the workflow writes it from the config. The exit code is 0
whatever the verdict is: `metrics.gate` converts the verdict to an exit code. The rules are in
docs/regression.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from math import expm1
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import read_json, write_json
from datasets.io.flags import json_value
from datasets.io.program import run_main
from metrics.comparison.bootstrap import Bootstrap, Rules, families_of
from metrics.comparison.compare import SAME
from metrics.gate.checks import (
    EXIT,
    MISSING,
    NEW,
    NOT_COMPARED,
    STEP_TIME,
    Check,
    accuracy_verdict,
    overall_verdict,
    step_time_verdict,
)
from metrics.gate.relative_step_time import StepTimeChange, compare_step_times
from metrics.gate.snapshot import now, read_baseline, take_snapshot, timed_variants
from metrics.gate.turns import compare_turns

_VARYING = ("memory", "system")  # properties of a machine that may differ from the baseline's
Snapshot = Mapping[str, Any]


@dataclass(frozen=True)
class Totals:
    """Totals of one variant in the baseline and in the run, by column.

    Args:
        baseline: (C,) totals of the baseline.
        found: (C,) totals of the run.
        half_width: Half the width of the confidence interval of the difference, None without one.
        same: Whether the track files are byte-identical.
    """

    baseline: np.ndarray
    found: np.ndarray
    half_width: list[float | None]
    same: bool

    def why_same(self, number: int) -> str:
        """Return why a column is the same regardless of its interval, empty if it may differ."""
        if self.same:
            return "identical track files"
        neither = np.isnan(self.baseline[number]) and np.isnan(self.found[number])
        return "undefined in both" if neither else ""


def compare_snapshots(
    baseline: Snapshot,
    found: Snapshot,
    plan: Mapping[str, Any],
    turns: Mapping[str, Any] | None = None,
) -> list[Check]:
    """Return the checks of accuracy, followed by those of speed.

    Args:
        found: Snapshot of the run.
        plan: Plan of the run, with the tolerances and the timed variants.
        turns: By data set and variant, relative step times of both sides run in turns; compared in
            place of the baseline's, which were measured at another time.
    """
    checks = [
        check
        for run in dict.fromkeys([*baseline["accuracy"], *found["accuracy"]])
        for check in _check_run(run, baseline, found, plan["tolerances"])
    ]
    timed = [(run["dataset"], variant) for run, variant in timed_variants(plan)]
    if turns is not None:
        return checks + [_check_turns(key, turns, plan["slowdown_tolerance"]) for key in timed]
    return checks + [
        _check_speed(key, baseline, found, plan["slowdown_tolerance"]) for key in timed
    ]


def _check_run(
    run: str, baseline: Snapshot, found: Snapshot, tolerances: Mapping[str, float]
) -> Iterator[Check]:
    old, new = (
        each["accuracy"].get(run, {"variants": {}, "columns": []}) for each in (baseline, found)
    )
    for variant in dict.fromkeys([*old["variants"], *new["variants"]]):
        if variant not in new["variants"]:
            why = "the baseline has results, this run has none"
            yield Check(run, variant, "results", MISSING, why=why)
        elif variant not in old["variants"]:
            yield Check(run, variant, "results", NEW, why="not in the baseline")
        else:
            yield from _check_variant(run, variant, old, new, tolerances)


def _check_variant(
    run: str, variant: str, old: Snapshot, new: Snapshot, tolerances: Mapping[str, float]
) -> Iterator[Check]:
    before, now = (each["variants"][variant] for each in (old, new))
    columns = [each for each in new["columns"] if each in old["columns"]]
    if difference := _difference(before, now):
        yield Check(run, variant, "results", NOT_COMPARED, why=difference)
        return
    for column in new["columns"]:
        if column not in columns:
            yield Check(run, variant, column["name"], NEW, why="not in the baseline")
    for column in old["columns"]:
        if column["name"] in tolerances and column not in columns:
            yield Check(run, variant, column["name"], NOT_COMPARED, why="not a column of the run")
    try:
        totals = _totals(before, now, new["scenes"], [each["name"] for each in columns])
    except (KeyError, TypeError, ValueError) as error:
        why = f"the baseline was made by incompatible code: {error}"
        yield Check(run, variant, "results", NOT_COMPARED, why=why)
        return
    for number, column in enumerate(columns):
        width = totals.half_width[number]
        change = float(totals.found[number] - totals.baseline[number])
        change *= 1 if column["better"] == "up" else -1
        tolerance = tolerances[column["name"]]
        yield Check(
            run,
            variant,
            column["name"],
            SAME if totals.why_same(number) else accuracy_verdict(change, width, tolerance),
            unit=column["unit"],
            baseline=_finite(totals.baseline[number]),
            found=_finite(totals.found[number]),
            change=_finite(change),
            low=None if width is None else _finite(change - width),
            high=None if width is None else _finite(change + width),
            tolerance=tolerance,
            why=totals.why_same(number),
        )


def _totals(before: Snapshot, now: Snapshot, scenes: Many[str], columns: list[str]) -> Totals:
    """Return the totals of both sides of a variant, compared sequence by sequence."""
    numbers = np.unique(scenes, return_inverse=True)[1]
    sides = [list(each.values()) for each in (before, now)]
    bootstrap = Bootstrap(families_of(sides[0][0], columns), columns, numbers, Rules())
    partials = [bootstrap.read(side) for side in sides]
    baseline, found = (bootstrap.total(each) for each in partials)
    same = all(before[name]["tracks"] == now[name]["tracks"] for name in now)
    if same:
        return Totals(baseline, found, [0.0] * len(columns), same)
    samples = [bootstrap.resample([each]) for each in partials]
    return Totals(baseline, found, bootstrap.half_widths(samples[1] - samples[0]), same)


def _finite(number: float) -> float | None:
    """Return the number, None in place of NaN, which JSON cannot hold."""
    return None if np.isnan(number) else float(number)


def _difference(before: Snapshot, now: Snapshot) -> str:
    """Return the reason why the two cannot be compared, empty if they can."""
    if list(before) != list(now):
        return f"sequences: expected {list(before)} as in the baseline, found {list(now)}"
    for name, old in before.items():
        new = now[name]
        for what in ("frames", "truth"):
            if old[what] != new[what]:
                return f"{name}: {what}: expected {old[what]} as in the baseline, found {new[what]}"
        classes = [list(each["classes"]) for each in (old, new)]
        if classes[0] != classes[1]:
            return f"{name}: classes: expected {classes[0]} as in the baseline, found {classes[1]}"
    return ""


def _check_turns(key: tuple[str, str], turns: Mapping[str, Any], tolerance: float) -> Check:
    dataset, variant = key
    found = turns.get(dataset, {}).get(variant)
    if found is None:
        return Check(dataset, variant, STEP_TIME, MISSING, "work", why="this run has none")
    if "pairs" not in found:
        return Check(dataset, variant, STEP_TIME, found["verdict"], "work", why=found["why"])
    on_gpu = "gpu" in found["machine"]
    compared = compare_turns(found["pairs"], tolerance, Rules().level, on_gpu=on_gpu)
    why = f"{compared.clock} of {len(found['pairs'])} pairs of processes"
    return _speed_check(
        Check(
            dataset,
            variant,
            STEP_TIME,
            step_time_verdict(compared.time_change, tolerance),
            "work",
            why=why,
        ),
        (compared.baseline, compared.found),
        compared.time_change,
        tolerance,
    )


def _speed_check(
    check: Check, times: tuple[float, float], time_change: StepTimeChange, tolerance: float
) -> Check:
    width = time_change.half_width
    return replace(
        check,
        baseline=times[0],
        found=times[1],
        change=-expm1(time_change.change),
        low=None if width is None else -expm1(time_change.change + width),
        high=None if width is None else -expm1(time_change.change - width),
        tolerance=tolerance,
    )


def _check_speed(
    key: tuple[str, str], baseline: Snapshot, found: Snapshot, tolerance: float
) -> Check:
    dataset, variant = key
    old, new = (each["speed"].get(dataset, {}).get(variant) for each in (baseline, found))
    if new is None:
        return Check(dataset, variant, STEP_TIME, MISSING, "work", why="this run has none")
    if old is None:
        return Check(dataset, variant, STEP_TIME, NEW, "work", why="the baseline has none")
    if why := _other_machine(old, new):
        return Check(dataset, variant, STEP_TIME, NOT_COMPARED, "work", why=why)
    before, after = old["relative_step_times"], new["relative_step_times"]
    time_change = compare_step_times(before, after, Rules().level)
    return _speed_check(
        Check(dataset, variant, STEP_TIME, step_time_verdict(time_change, tolerance), "work"),
        (_geometric_mean(before), _geometric_mean(after)),
        time_change,
        tolerance,
    )


def _geometric_mean(values: Many[float]) -> float:
    return float(np.exp(np.log(values).mean()))


def _other_machine(old: Snapshot, new: Snapshot) -> str:
    names = dict.fromkeys([*old["machine"], *new["machine"]])
    facts = [
        f"{name} {new['machine'].get(name)}, in the baseline {old['machine'].get(name)}"
        for name in names
        if name not in _VARYING and old["machine"].get(name) != new["machine"].get(name)
    ]
    if old["frames"] != new["frames"]:
        facts.append(f"{new['frames']} frames timed, in the baseline {old['frames']}")
    works = [each.get("work", 1) for each in (new, old)]
    if works[0] != works[1]:
        facts.append(
            f"calibration work {works[0]}, in the baseline {works[1]}: make the baseline again"
        )
    return "; ".join(facts)


def describe(
    checks: Many[Check], plan: Mapping[str, Any], path: Path, baseline: Snapshot
) -> dict[str, Any]:
    """Return the content of verdict.json."""
    verdict = overall_verdict(checks)
    return {
        "verdict": verdict,
        "exit": EXIT[verdict],
        **{key: plan[key] for key in ("commit", "date", "config", "inputs")},
        "baseline": {
            "path": path.as_posix(),
            **{key: baseline.get(key) for key in ("commit", "date", "config")},
        },
        "checks": [vars(check) for check in checks],
    }


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plan", type=json_value, required=True, help="JSON")
    parser.add_argument("--baseline", type=Path, required=True)
    parser.add_argument(
        "--turns", type=Path, help="step times of both sides, see workflow.gate.against"
    )
    parser.add_argument("--workdir", type=Path, default=Path(), help="folder the workflow ran in")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument(
        "--unfinished", action="store_true", help="compare the results of a failed run"
    )
    args = parser.parse_args()
    plan = args.plan | {"date": now()}
    try:
        baseline: Snapshot = read_baseline(args.baseline)
    except (OSError, ValueError) as error:
        checks = [Check("", "", "results", NOT_COMPARED, why=str(error))]
        write_json(args.output, describe(checks, plan, args.baseline, {}))
        return
    found = take_snapshot(plan, args.workdir, finished=not args.unfinished)
    checks = compare_snapshots(baseline, found, plan, read_json(args.turns) if args.turns else None)
    write_json(args.output, describe(checks, plan, args.baseline, baseline))


if __name__ == "__main__":
    sys.exit(run_main(main))
