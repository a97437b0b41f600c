"""What a metric family and a protocol are, and how they are found: one module each."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from datasets.types import Extent, Tracks
from metrics.pairing import Pairing, Pairs, Similarity

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """How a number is named and read.

    Args:
        name: TrackEval's field name, the key in every file.
        unit: `ratio` (0 to 1, shown in per cent), `count`, `ms`, `fps`, `MB`, `J`.
        better: Which way is better; None where neither is.
        meaning: One line for the page.
        of_masks: What the field calls it where masks are scored; the same if not given.
        over_classes: What is told of several classes apart from each other: by default the mean of
            ratios, the sum of counts.
    """

    name: str
    unit: Literal["ratio", "count", "ms", "fps", "MB", "J"]
    better: Literal["up", "down"] | None
    meaning: str
    of_masks: str = ""
    over_classes: Literal["mean", "sum"] | None = None

    @property
    def told_over_classes(self) -> str:
        """What is told of several classes: their `mean` or their `sum`."""
        return self.over_classes or ("mean" if self.unit == "ratio" else "sum")

    def describe(self, *, masks: bool = False) -> dict[str, Any]:
        """Return it as JSON types, under `label` what the field calls it."""
        content = asdict(self)
        of_masks = content.pop("of_masks")
        content["over_classes"] = self.told_over_classes
        return content | {"label": of_masks if masks and of_masks else self.name}


@dataclass(frozen=True)
class Family:
    """A module of metrics/families: its functions, and what it may leave out filled in.

    Args:
        columns: What `summarize` gives, in order.
        partial: What sequences add up, a frozen dataclass.
        evaluate: Return the Partial of one sequence.
        combine: Return the Partial of sequences, or classes, together: counts added, never ratios
            averaged.
        summarize: Return the number of each column; NaN where there is nothing to take it of.
        curves: Return columns as a number at each threshold.
    """

    columns: tuple[Column, ...]
    partial: type
    evaluate: Callable[[Pairing], Any]
    combine: Callable[[Many[Any]], Any]
    summarize: Callable[[Any], dict[str, float]]
    curves: Callable[[Any], dict[str, np.ndarray]]


def every_class(extent: Extent) -> dict[str, int]:
    """Return the name and id of each class that is not ignored."""
    return {name: key for key, name in extent.classes.items() if key not in extent.ignored}


def as_given(truth: Tracks, prediction: Tracks) -> tuple[Tracks, Tracks]:
    """Return both sides unchanged."""
    return truth, prediction


def rows_of_class(
    truth: Tracks, prediction: Tracks, _: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return every row of a class, (N,) and (M,) bool: nothing is left out."""
    return truth.class_id == class_id, prediction.class_id == class_id


@dataclass(frozen=True)
class Benchmark:
    """What a module of metrics/protocols holds as BENCHMARK.

    Args:
        card: What is scored, in a sentence.
        layout: Module of datasets/layouts that reads truth and results as the benchmark hands them
            out.
        families: Modules of metrics/families that its results are usually told in.
        keep: Return the rows of truth and prediction that are scored for a class, (N,), (M,) bool,
            from both sides, the pairs of all classes, and the class.
        similarity: Masks that must be `disjoint masks` may share no pixel with another of their
            side and frame.
        classes: Return the name and id of each class that is scored, in order.
        prepare: Return both sides as they are to be compared.
    """

    card: str
    layout: str
    families: tuple[str, ...]
    keep: Callable[[Tracks, Tracks, Pairs, int], tuple[np.ndarray, np.ndarray]]
    similarity: Similarity = "box"
    classes: Callable[[Extent], dict[str, int]] = every_class
    prepare: Callable[[Tracks, Tracks], tuple[Tracks, Tracks]] = as_given


def list_families() -> list[str]:
    """Return the names of all metric families."""
    return _list("families")


def list_benchmarks() -> list[str]:
    """Return the names of all protocols."""
    return _list("protocols")


def load_family(name: str) -> Family:
    """Return metrics/families/<name>.py; ValueError lists those there are."""
    module = _load("families", name)
    return Family(
        module.COLUMNS,
        module.Partial,
        module.evaluate,
        module.combine,
        module.summarize,
        getattr(module, "curves", _no_curves),
    )


def load_benchmark(name: str) -> Benchmark:
    """Return metrics/protocols/<name>.py; ValueError lists those there are."""
    benchmark: Benchmark = _load("protocols", name).BENCHMARK
    return benchmark


def partial_to_json(partial: Any) -> dict[str, Any]:
    """Return a Partial as JSON types; floats are kept to the last bit."""
    assert is_dataclass(partial)
    values = {each.name: getattr(partial, each.name) for each in fields(partial)}
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def partial_from_json(family: Family, content: dict[str, Any]) -> Any:
    """Return the Partial that `partial_to_json` wrote."""
    arrays = {name: np.asarray(v) if isinstance(v, list) else v for name, v in content.items()}
    return family.partial(**arrays)


def _no_curves(_: Any) -> dict[str, np.ndarray]:
    return {}


def _list(folder: str) -> list[str]:
    return sorted(path.stem for path in (_HERE / folder).glob("[!_]*.py"))


def _load(folder: str, name: str) -> ModuleType:
    if name not in _list(folder):
        raise ValueError(f"{folder}: {name!r} is unknown: expected one of {_list(folder)}")
    return importlib.import_module(f"metrics.{folder}.{name}")
