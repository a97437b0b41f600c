"""Define the reference tools that our values are compared with, and load them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from datasets.io.errors import shorten
from datasets.types import Tracks
from metrics.crosscheck.given_files import GivenFiles
from metrics.pairing import Pairing

Scores = dict[str, dict[str, dict[str, float]]]  # by class, sequence or COMBINED, and column
COMBINED = "COMBINED"
CLASS_AVERAGED, DETECTION_AVERAGED = "class averaged", "detection averaged"  # instead of a class


@dataclass(frozen=True)
class Sample:
    """One sequence as read from files, and its pairing by our protocol for each class."""

    truth: Tracks
    prediction: Tracks
    pairings: Mapping[str, Pairing]


@dataclass(frozen=True)
class Request:
    """What a reference is asked to score.

    Args:
        samples: Sequences by name.
        given: The user's files of these sequences, where other tools may be able to read them.
    """

    protocol: str
    families: Many[str]
    samples: Mapping[str, Sample]
    given: GivenFiles = field(default_factory=GivenFiles)

    @property
    def classes(self) -> list[str]:
        """The names of the scored classes."""
        return list(next(iter(self.samples.values())).pairings)


@dataclass(frozen=True)
class Input:
    """Where a reference took a sequence from.

    Args:
        truth_given: Whether it read the user's ground truth file; otherwise a conversion of what
            was read here.
        results_given: The same for the results.
        reason: Why it did not read both; empty if it did.
    """

    reference: str
    sequence: str
    truth_given: bool
    results_given: bool
    reason: str = ""


@dataclass(frozen=True)
class ReferenceOutput:
    """The values of a reference and what they were computed from.

    Args:
        scores: Values of our columns, NaN where they are undefined; empty if the tool has no such
            protocol or family.
    """

    scores: Scores = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)


@dataclass(frozen=True)
class Scope:
    """Protocol, class and sequences that a value is computed from.

    Args:
        class_name: Name of the class, CLASS_AVERAGED or DETECTION_AVERAGED.
        pairings: Pairings of the sequence, or of all sequences, by class.
    """

    protocol: str
    class_name: str
    pairings: Mapping[str, Many[Pairing]]


def always(_: Scope) -> bool:
    """Return True: the explanation applies to any value."""
    return True


@dataclass(frozen=True)
class Explanation:
    """Reason for a known difference of a tool; listed in docs/metrics.md.

    Args:
        about: Names of columns, or of families for all their columns.
        applies: Return whether a value of this scope may differ for this reason.
    """

    about: tuple[str, ...]
    reason: str
    applies: Callable[[Scope], bool] = always


class Reference(Protocol):
    """A module of metrics/references."""

    EXPLANATIONS: Many[Explanation]

    def score(self, request: Request, workdir: Path) -> ReferenceOutput:
        """Return the tool's values, from the user's own files if the tool can read them.

        Args:
            workdir: Empty folder for the tool's input files.
        """


def list_references() -> list[str]:
    """Return the names of all references."""
    return sorted(path.stem for path in Path(__file__).parents[1].glob("references/[!_]*.py"))


def load_reference(name: str) -> Reference:
    """Return the module metrics/references/<name>.py."""
    return cast(Reference, importlib.import_module(f"metrics.references.{name}"))


def describe_failure(error: Exception) -> str:
    """Return the type and message of an error and, where it differs, of what caused it."""
    first: BaseException = error
    while (cause := first.__cause__ or first.__context__) is not None:
        first = cause
    texts = [shorten(f"{type(each).__name__}: {each}") for each in (error, first)]
    return "; ".join(dict.fromkeys(texts))
