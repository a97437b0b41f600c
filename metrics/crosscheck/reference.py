"""What a tool that our numbers are compared with is, and how one is found."""

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
CLASS_AVERAGED, DETECTION_AVERAGED = "class averaged", "detection averaged"  # in place of a class


@dataclass(frozen=True)
class Sample:
    """One sequence as it was read, and as our protocol pairs it, by class."""

    truth: Tracks
    prediction: Tracks
    pairings: Mapping[str, Pairing]


@dataclass(frozen=True)
class Place:
    """What a number is of.

    Args:
        class_name: The class, CLASS_AVERAGED or DETECTION_AVERAGED.
        pairings: Of the sequence, or of all, by class.
    """

    protocol: str
    class_name: str
    pairings: Mapping[str, Many[Pairing]]


def everywhere(_: Place) -> bool:
    """Return True: the difference may be in any number."""
    return True


@dataclass(frozen=True)
class Explanation:
    """Why a tool may say another number; spec: docs/metrics.md.

    Args:
        about: Columns, and families of which every column is meant.
        applies: Whether the number of a place may differ for this reason.
    """

    about: tuple[str, ...]
    reason: str
    applies: Callable[[Place], bool] = everywhere


class Reference(Protocol):
    """A module of metrics/references."""

    EXPLAINED: Many[Explanation]

    def score(
        self, protocol: str, families: Many[str], samples: Mapping[str, Sample], workdir: Path
    ) -> Scores:
        """Return what the tool says of our columns, NaN where there is no number.

        Nothing where it has no such protocol or no such family.

        Args:
            workdir: An empty folder for files it has to be given.
        """


def list_references() -> list[str]:
    """Return the names of all references."""
    return sorted(path.stem for path in Path(__file__).parents[1].glob("references/[!_]*.py"))


def load_reference(name: str) -> Reference:
    """Return the module metrics/references/<name>.py."""
    return cast(Reference, importlib.import_module(f"metrics.references.{name}"))
