"""Compare our values with those of the reference tools, and explain known differences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metrics.crosscheck.reference import (
    CLASS_AVERAGED,
    COMBINED,
    DETECTION_AVERAGED,
    Explanation,
    Input,
    Request,
    Scope,
    Scores,
    list_references,
    load_reference,
)
from metrics.family import load_family

_TOLERANCE = 1e-9  # absolute for ratios, relative for sums
_AVERAGED = {CLASS_AVERAGED: "class_averaged", DETECTION_AVERAGED: "detection_averaged"}

Missing = dict[str, dict[str, list[str]]]  # columns by reference and family


@dataclass(frozen=True)
class Comparison:
    """One value in our scores and in those of a reference; None where it is undefined.

    Args:
        explanation: Reason for a difference; empty if they are equal or it is unexplained.
    """

    reference: str
    class_name: str
    sequence: str
    column: str
    ours: float | None
    theirs: float | None
    explanation: str = ""

    @property
    def difference(self) -> float:
        """Ours minus theirs, NaN where either is undefined."""
        if self.ours is None or self.theirs is None:
            return math.nan
        return self.ours - self.theirs

    @property
    def equal(self) -> bool:
        """Whether the two values are equal within the tolerance, or both undefined."""
        if self.ours is None or self.theirs is None:
            return self.ours is self.theirs
        return abs(self.difference) <= _TOLERANCE * max(1, abs(self.theirs))

    @property
    def passed(self) -> bool:
        """Whether the values are equal or their difference is explained."""
        return self.equal or bool(self.explanation)


@dataclass(frozen=True)
class Crosscheck:
    """The comparison with all references.

    Args:
        comparisons: Comparison of every value that a reference has as well.
        inputs: Where each reference took each sequence from.
    """

    comparisons: list[Comparison]
    inputs: list[Input]


def compare(found: Mapping[str, Any], request: Request) -> Crosscheck:
    """Return the comparison with all references.

    Args:
        found: Output of metrics.evaluate.
    """
    from tempfile import TemporaryDirectory

    comparisons: list[Comparison] = []
    inputs: list[Input] = []
    owner = column_owners(request.families)
    for name in list_references():
        reference = load_reference(name)
        with TemporaryDirectory() as workdir:
            theirs = reference.score(request, Path(workdir))
        inputs += theirs.inputs
        for each in _pair_up(name, found, theirs.scores, owner):
            place = _scope(each, request)
            comparisons.append(_with_explanation(each, owner, reference.EXPLANATIONS, place))
    return Crosscheck(comparisons, inputs)


def find_missing(comparisons: Many[Comparison], families: Many[str]) -> Missing:
    """Return the columns that each reference does not have."""
    owner = column_owners(families)
    missing: Missing = {name: {} for name in list_references()}
    for name, of_family in missing.items():
        compared = {each.column for each in comparisons if each.reference == name}
        for column, family in owner.items():
            if column not in compared:
                of_family.setdefault(family, []).append(column)
    return missing


def column_owners(families: Many[str]) -> dict[str, str]:
    """Return the family of each column."""
    return {column.name: name for name in families for column in load_family(name).columns}


def _pair_up(
    name: str, found: Mapping[str, Any], theirs: Scores, columns: Mapping[str, str]
) -> Iterator[Comparison]:
    for class_name, sequences in theirs.items():
        for sequence, values in sequences.items():
            here = _our_values(found, class_name, sequence)
            for column, value in values.items():
                if column in columns:
                    other = None if math.isnan(value) else value
                    yield Comparison(name, class_name, sequence, column, here[column], other)


def _our_values(
    found: Mapping[str, Any], class_name: str, sequence: str
) -> Mapping[str, float | None]:
    if class_name in _AVERAGED:
        return found[_AVERAGED[class_name]]
    scores = found["classes"][class_name]
    return scores["combined"] if sequence == COMBINED else scores["sequences"][sequence]


def _scope(each: Comparison, request: Request) -> Scope:
    samples = request.samples
    chosen = samples.values() if each.sequence == COMBINED else [samples[each.sequence]]
    names = request.classes if each.class_name in _AVERAGED else [each.class_name]
    pairings = {name: [sample.pairings[name] for sample in chosen] for name in names}
    return Scope(request.protocol, each.class_name, pairings)


def _with_explanation(
    each: Comparison,
    owner: Mapping[str, str],
    explanations: Many[Explanation],
    place: Scope,
) -> Comparison:
    """Return the comparison with the first explanation that applies to its difference."""
    if each.equal:
        return each
    for known in explanations:
        about = each.column in known.about or owner[each.column] in known.about
        if about and known.applies(place):
            return replace(each, explanation=known.reason)
    return each
