"""Define metric families and scoring protocols, and load them: one module each."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from datasets.needs import Needs
from datasets.types import Extent, Tracks
from metrics.pairing import Pairing, Pairs, Similarity

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """Name, unit and meaning of one reported number.

    Args:
        name: TrackEval's field name, the key in every file.
        unit: `ratio` (0 to 1, shown in per cent), `count`, `ms`, `fps`, `MB`, `J`.
        better: Direction of improvement; None if neither direction is better.
        meaning: One line for the page.
        of_masks: Name used in the literature for masks; empty if it is the same.
        over_classes: How class values are aggregated: by default the mean for ratios, the sum for
            counts.
    """

    name: str
    unit: Literal["ratio", "count", "ms", "fps", "MB", "J"]
    better: Literal["up", "down"] | None
    meaning: str
    of_masks: str = ""
    over_classes: Literal["mean", "sum"] | None = None

    @property
    def class_aggregation(self) -> str:
        """How values of several classes are aggregated: `mean` or `sum`."""
        return self.over_classes or ("mean" if self.unit == "ratio" else "sum")

    def describe(self, *, masks: bool = False) -> dict[str, Any]:
        """Return the column as JSON types; `label` is the name used for boxes or for masks."""
        content = asdict(self)
        of_masks = content.pop("of_masks")
        content["over_classes"] = self.class_aggregation
        return content | {"label": of_masks if masks and of_masks else self.name}


Summary = tuple[dict[str, float], dict[str, np.ndarray]]  # values and curves by column


@dataclass(frozen=True)
class Family:
    """A module of metrics/families, with defaults for its optional functions.

    Args:
        columns: The columns that `summarize` fills, in order.
        partial: Frozen dataclass of the quantities that are summed over sequences.
        evaluate: Return the Partial of one sequence.
        combine: Return the combined Partial of several sequences or classes: counts are added,
            ratios are never averaged.
        summarize: Return the value of each column; NaN where it is undefined.
        curves: Return columns as one value per threshold.
        ends_scored: Whether the first and the last frame are scored.
        needs: What the family uses of the files, besides what its protocol compares.
        evaluate_classes: Return the Partial of each class of one sequence.
        summarize_classes: Return values and curves of each class, given their Partials in order.
    """

    columns: tuple[Column, ...]
    partial: type
    evaluate: Callable[[Pairing], Any]
    combine: Callable[[Many[Any]], Any]
    summarize: Callable[[Any], dict[str, float]]
    curves: Callable[[Any], dict[str, np.ndarray]]
    needs: Needs
    evaluate_classes: Callable[[Many[Pairing]], list[Any]]
    summarize_classes: Callable[[Many[Any]], list[Summary]]
    ends_scored: bool = True


def every_class(extent: Extent) -> dict[str, int]:
    """Return the name and id of each class that is not ignored."""
    return {name: key for key, name in extent.classes.items() if key not in extent.ignored}


def unchanged(truth: Tracks, prediction: Tracks) -> tuple[Tracks, Tracks]:
    """Return both sides unchanged."""
    return truth, prediction


def rows_of_class(
    truth: Tracks, prediction: Tracks, _: Pairs, class_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are of a class, (N,) and (M,) bool; no row is excluded."""
    return truth.class_id == class_id, prediction.class_id == class_id


@dataclass(frozen=True)
class ScoringProtocol:
    """Scoring rules of a benchmark: the PROTOCOL of a module of metrics/protocols.

    Args:
        description: One sentence on what is scored and what is excluded.
        layout: Module of datasets/layouts that reads ground truth and results in the benchmark's
            own folder layout.
        families: Modules of metrics/families in which its results are usually reported.
        keep: Return the rows of ground truth and prediction that are scored for a class, (N,) and
            (M,) bool, given both sides, the pairs of all classes, and the class.
        similarity: Overlap that is compared. With `disjoint masks`, masks of the same side and
            frame must not share a pixel.
        classes: Return the name and id of each class that is scored, in order.
        prepare: Return both sides as they are compared.
    """

    description: str
    layout: str
    families: tuple[str, ...]
    keep: Callable[[Tracks, Tracks, Pairs, int], tuple[np.ndarray, np.ndarray]]
    similarity: Similarity = "box"
    classes: Callable[[Extent], dict[str, int]] = every_class
    prepare: Callable[[Tracks, Tracks], tuple[Tracks, Tracks]] = unchanged


def list_families() -> list[str]:
    """Return the names of all metric families."""
    return _list("families")


def list_protocols() -> list[str]:
    """Return the names of all protocols."""
    return _list("protocols")


def load_family(name: str) -> Family:
    """Return metrics/families/<name>.py; ValueError lists the available families."""
    module = _load("families", name)
    curves = getattr(module, "curves", _no_curves)

    def evaluate_classes(pairings: Many[Pairing]) -> list[Any]:
        return [module.evaluate(each) for each in pairings]

    def summarize_classes(partials: Many[Any]) -> list[Summary]:
        return [(module.summarize(each), curves(each)) for each in partials]

    return Family(
        module.COLUMNS,
        module.Partial,
        module.evaluate,
        module.combine,
        module.summarize,
        curves,
        getattr(module, "NEEDS", Needs(masks=False)),
        getattr(module, "evaluate_classes", evaluate_classes),
        getattr(module, "summarize_classes", summarize_classes),
        getattr(module, "ENDS_SCORED", True),
    )


def load_protocol(name: str) -> ScoringProtocol:
    """Return PROTOCOL of metrics/protocols/<name>.py; ValueError lists the available protocols."""
    protocol: ScoringProtocol = _load("protocols", name).PROTOCOL
    return protocol


def partial_to_json(partial: Any) -> dict[str, Any]:
    """Return a Partial as JSON types, without fields that are None; floats keep every bit."""
    assert is_dataclass(partial)
    values = {each.name: getattr(partial, each.name) for each in fields(partial)}
    return {n: np.asarray(value).tolist() for n, value in values.items() if value is not None}


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
        raise ValueError(f"{folder}: expected one of {_list(folder)}, found {name!r}")
    return importlib.import_module(f"metrics.{folder}.{name}")
