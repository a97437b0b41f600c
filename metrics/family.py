"""What a metric family and a protocol are, and how they are found: one module each."""

from __future__ import annotations

import importlib
from collections.abc import Sequence as Many
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol, cast

import numpy as np

from datasets.types import Extent, Tracks
from metrics.pairing import Pairing, Pairs, Similarity

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """How a number is named and read.

    Args:
        name: TrackEval's field name, the key in every file.
        unit: `ratio` (0 to 1, shown in per cent), `count`, `ms`, `fps`.
        better: Which way is better; None where neither is.
        meaning: One line for the page.
    """

    name: str
    unit: Literal["ratio", "count", "ms", "fps"]
    better: Literal["up", "down"] | None
    meaning: str


class Family(Protocol):
    """A module of metrics/families. `Partial` is what sequences add up, a frozen dataclass."""

    COLUMNS: tuple[Column, ...]
    Partial: type

    def evaluate(self, pairing: Pairing) -> Any:
        """Return the Partial of one sequence."""

    def combine(self, partials: Many[Any]) -> Any:
        """Return the Partial of all sequences together: counts added, never ratios averaged."""

    def summarize(self, partial: Any) -> dict[str, float]:
        """Return the number of each column."""


class Benchmark(Protocol):
    """A module of metrics/protocol.

    `CARD` says in a sentence what is scored; `LAYOUT` names the module of datasets/layouts that
    reads truth and results as the benchmark hands them out; `SIMILARITY` is `box`, or
    `disjoint masks`: masks of one side that share a pixel in a frame are then an error.
    """

    CARD: str
    LAYOUT: str
    SIMILARITY: Similarity

    def classes(self, extent: Extent) -> dict[str, int]:
        """Return the name and id of each class that is scored, in order."""

    def keep(
        self, truth: Tracks, prediction: Tracks, pairs: Pairs, class_id: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of truth and prediction that are scored for a class, (N,), (M,) bool.

        Args:
            pairs: Of all classes.
        """


def list_families() -> list[str]:
    """Return the names of all metric families."""
    return _list("families")


def list_benchmarks() -> list[str]:
    """Return the names of all protocols."""
    return _list("protocol")


def load_family(name: str) -> Family:
    """Return metrics/families/<name>.py; ValueError lists those there are."""
    return cast(Family, _load("families", name))


def load_benchmark(name: str) -> Benchmark:
    """Return metrics/protocol/<name>.py; ValueError lists those there are."""
    return cast(Benchmark, _load("protocol", name))


def partial_to_json(partial: Any) -> dict[str, Any]:
    """Return a Partial as JSON types; floats are kept to the last bit."""
    assert is_dataclass(partial)
    values = {each.name: getattr(partial, each.name) for each in fields(partial)}
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def partial_from_json(family: Family, content: dict[str, Any]) -> Any:
    """Return the Partial that `partial_to_json` wrote."""
    arrays = {name: np.asarray(v) if isinstance(v, list) else v for name, v in content.items()}
    return family.Partial(**arrays)


def _list(folder: str) -> list[str]:
    return sorted(path.stem for path in (_HERE / folder).glob("[!_]*.py"))


def _load(folder: str, name: str) -> ModuleType:
    if name not in _list(folder):
        raise ValueError(f"{folder}: {name!r} is unknown: expected one of {_list(folder)}")
    return importlib.import_module(f"metrics.{folder}.{name}")
