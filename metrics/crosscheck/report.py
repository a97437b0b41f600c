"""Print a cross-check: the compared totals, unexplained differences and what was compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many

from metrics.crosscheck.compare import (
    Comparison,
    Crosscheck,
    Missing,
    column_owners,
    find_missing,
)
from metrics.crosscheck.reference import COMBINED, Input

_SHOWN_NAMES = 3  # of sequences with the same inputs
_SIDES = {
    (False, False): "ground truth and results",
    (False, True): "ground truth",
    (True, False): "results",
}


def table(checked: Crosscheck, families: Many[str]) -> Iterator[str]:
    """Yield the lines of the report.

    They list the compared totals, unexplained differences, the files that the references read, the
    columns that a reference does not have, and a summary.
    """
    comparisons = checked.comparisons
    shown = [each for each in comparisons if each.sequence == COMBINED or not each.passed]
    width = max((len(_title(each)) for each in shown), default=0)
    yield f"{'':{width}}{'ours':>18}{'theirs':>18}{'difference':>12}"
    for each in shown:
        verdict = "" if each.equal else "  explained" if each.passed else "  UNEXPLAINED"
        numbers = "".join(f"{_number(value):>18}" for value in (each.ours, each.theirs))
        yield f"{_title(each):{width}}{numbers}{each.difference:12.3g}{verdict}"
    reasons = {(c.reference, c.explanation) for c in comparisons if not c.equal and c.explanation}
    for name, reason in sorted(reasons):
        yield f"explained, {name}: {reason}"
    yield from _input_lines(checked.inputs)
    yield from _missing_lines(find_missing(comparisons, families), column_owners(families))
    failed = sum(not each.passed for each in comparisons)
    equal = sum(each.equal for each in comparisons)
    rest = len(comparisons) - equal - failed
    yield f"{len(comparisons)} values: {equal} equal, {rest} explained, {failed} unexplained"


def _input_lines(inputs: Many[Input]) -> Iterator[str]:
    """Yield a line for the sequences of each reference that were read in the same way."""
    names: dict[tuple[str, bool, bool, str], list[str]] = {}
    for each in inputs:
        key = each.reference, each.truth_given, each.results_given, each.reason
        names.setdefault(key, []).append(each.sequence)
    for (reference, truth, results, reason), sequences in names.items():
        listed = ", ".join(sequences[:_SHOWN_NAMES])
        if len(sequences) > _SHOWN_NAMES:
            listed += f" and {len(sequences) - _SHOWN_NAMES} more"
        if truth and results:
            yield f"compared on the files given, {reference}: {listed}"
        else:
            sides = _SIDES[truth, results]
            yield f"compared on converted files, {reference}: {sides} of {listed}: {reason}"


def _missing_lines(missing: Missing, owner: Mapping[str, str]) -> Iterator[str]:
    whole = list(owner.values())
    for name, of_family in missing.items():
        none = [key for key, columns in of_family.items() if len(columns) == whole.count(key)]
        if none:
            yield f"not compared, {name}: has no columns of {', '.join(none)}"
        for family, columns in of_family.items():
            if family not in none:
                yield f"not compared, {name}: has no {', '.join(columns)} of {family}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.10g}"


def _title(each: Comparison) -> str:
    return f"{each.reference}, {each.class_name}, {each.sequence}, {each.column}"
