"""What a tool that our numbers are compared with is, and how one is found."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from datasets.types import Tracks
from metrics.pairing import Pairing

Scores = dict[str, dict[str, dict[str, float]]]  # by class, sequence or COMBINED, and column
COMBINED = "COMBINED"


@dataclass(frozen=True)
class Sample:
    """One sequence as it was read, and as our protocol pairs it, by class."""

    truth: Tracks
    prediction: Tracks
    pairings: Mapping[str, Pairing]


class Reference(Protocol):
    """A module of metrics/references.

    `EXPLAINED` says for columns in which the tool's definition differs why it does;
    spec: docs/metrics.md.
    """

    EXPLAINED: Mapping[str, str]

    def score(
        self, protocol: str, families: Many[str], samples: Mapping[str, Sample], room: Path
    ) -> Scores:
        """Return what the tool says of our columns, nothing where it has no such protocol.

        Args:
            room: An empty folder for files it has to be given.
        """


def list_references() -> list[str]:
    """Return the names of all references."""
    return sorted(path.stem for path in Path(__file__).parent.glob("references/[!_]*.py"))


def load_reference(name: str) -> Reference:
    """Return the module metrics/references/<name>.py."""
    return cast(Reference, importlib.import_module(f"metrics.references.{name}"))
