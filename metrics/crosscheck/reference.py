"""Define the reference tools that our values are compared with, and load them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from datasets.types import Tracks
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

    def score(
        self, protocol: str, families: Many[str], samples: Mapping[str, Sample], workdir: Path
    ) -> Scores:
        """Return the tool's values of our columns, NaN where they are undefined.

        The result is empty if the tool has no such protocol or family.

        Args:
            workdir: Empty folder for the tool's input files.
        """


def list_references() -> list[str]:
    """Return the names of all references."""
    return sorted(path.stem for path in Path(__file__).parents[1].glob("references/[!_]*.py"))


def load_reference(name: str) -> Reference:
    """Return the module metrics/references/<name>.py."""
    return cast(Reference, importlib.import_module(f"metrics.references.{name}"))
