"""Our numbers beside those of the tools they should equal, and why where they do not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from metrics.reference import COMBINED, Sample, Scores, list_references, load_reference

_TOLERANCE = 1e-9  # of ratios, and relative of sums


@dataclass(frozen=True)
class Comparison:
    """One number.

    Args:
        explanation: Why the two differ; empty where they are equal, or where nothing explains it.
    """

    reference: str
    class_name: str
    sequence: str
    column: str
    ours: float
    theirs: float
    explanation: str = ""

    @property
    def difference(self) -> float:
        """Ours minus theirs."""
        return self.ours - self.theirs

    @property
    def equal(self) -> bool:
        """Whether the two are the same number, or neither is one."""
        if math.isnan(self.ours) and math.isnan(self.theirs):
            return True
        return abs(self.difference) <= _TOLERANCE * max(1, abs(self.theirs))

    @property
    def passed(self) -> bool:
        """Whether they are equal, or it is known why not."""
        return self.equal or bool(self.explanation)


def compare(
    found: Mapping[str, Any], families: Many[str], samples: Mapping[str, Sample]
) -> list[Comparison]:
    """Return every number that a reference has too.

    Args:
        found: What metrics.evaluate writes.
    """
    comparisons = []
    for name in list_references():
        reference = load_reference(name)
        with TemporaryDirectory() as room:
            theirs = reference.score(found["protocol"], families, samples, Path(room))
        comparisons += list(_pair_up(name, found["classes"], theirs, reference.EXPLAINED))
    return comparisons


def table(comparisons: Many[Comparison]) -> Iterator[str]:
    """Yield the lines of the totals side by side, every number that nothing explains, and a sum."""
    shown = [each for each in comparisons if each.sequence == COMBINED or not each.passed]
    width = max((len(_place(each)) for each in shown), default=0)
    yield f"{'':{width}}{'ours':>18}{'theirs':>18}{'difference':>12}"
    for each in shown:
        verdict = "" if each.equal else "  explained" if each.passed else "  UNEXPLAINED"
        numbers = f"{each.ours:18.10g}{each.theirs:18.10g}{each.difference:12.3g}"
        yield f"{_place(each):{width}}{numbers}{verdict}"
    reasons = {(c.reference, c.explanation) for c in comparisons if not c.equal and c.explanation}
    for name, reason in sorted(reasons):
        yield f"explained, {name}: {reason}"
    failed = sum(not each.passed for each in comparisons)
    equal = sum(each.equal for each in comparisons)
    rest = len(comparisons) - equal - failed
    yield f"{len(comparisons)} numbers: {equal} equal, {rest} explained, {failed} unexplained"


def _place(each: Comparison) -> str:
    return f"{each.reference}, {each.class_name}, {each.sequence}, {each.column}"


def _pair_up(
    name: str, ours: Mapping[str, Any], theirs: Scores, explained: Mapping[str, str]
) -> Iterator[Comparison]:
    for class_name, sequences in theirs.items():
        scores = ours[class_name]
        for sequence, values in sequences.items():
            here = scores["combined"] if sequence == COMBINED else scores["sequences"][sequence]
            for column, value in values.items():
                if column in here:
                    one = math.nan if here[column] is None else here[column]
                    each = Comparison(name, class_name, sequence, column, one, value)
                    reason = "" if each.equal else explained.get(column, "")
                    yield replace(each, explanation=reason)
