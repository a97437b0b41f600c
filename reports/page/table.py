"""Build the headline table: formatted numbers, and which are best."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

from reports.results import Run, Values, Variant

# Columns of the headline table, if the run has them. The first of each group is the main metric of
# its family; figures show that of the run's first family.
HEADLINE = (
    ("HOTA", "DetA", "AssA", "MOTA", "sMOTA", "IDF1", "IDSW", "CLR_FN", "CLR_FP"),
    ("J&F",),
    ("AP", "AP50"),
    ("mask AP",),
    ("box AP",),
)
_SPEED = ("fps", "p50_ms", "p95_ms", "memory_MB")
_MASKS_ONLY = {"sMOTA"}  # headline columns that are left out for boxes
_BLANK = "–"


@dataclass(frozen=True)
class Cell:
    """A number: its text, value (None sorts last), whether it is the best, and what was timed."""

    text: str
    value: float | None
    best: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Row:
    """The row of a variant, with the job that left no result, or ""."""

    variant: Variant
    cells: list[Cell]
    missing_job: str


@dataclass(frozen=True)
class Table:
    """A table with columns as in score files and one row per variant."""

    columns: list[Mapping[str, Any]]
    rows: list[Row]


def headline(run: Run) -> Table:
    """Return the main totals and the speed of each variant."""
    return _table(
        run, _headline_scores(run) + headline_speed(run), [_values(v) for v in run.variants]
    )


def timed_differently(run: Run) -> dict[str, list[Variant]]:
    """Return the variants that were not timed frame by frame, by what was timed."""
    marks = dict.fromkeys(filter(None, map(_timing_label, run.variants)))
    return {mark: [v for v in run.variants if _timing_label(v) == mark] for mark in marks}


def leading(run: Run) -> Mapping[str, Any] | None:
    """Return the main metric, which figures show; None if the run has none."""
    main = {group[0] for group in HEADLINE}
    return next((column for column in run.columns if column["name"] in main), None)


def speed_columns(run: Run) -> list[Mapping[str, Any]]:
    """Return the columns of speed; empty if no variant is timed."""
    return next((variant.speed["columns"] for variant in run.variants if variant.speed), [])


def headline_speed(run: Run) -> list[Mapping[str, Any]]:
    """Return the columns of speed in the headline table."""
    return [column for column in speed_columns(run) if column["name"] in _SPEED]


def _headline_scores(run: Run) -> list[Mapping[str, Any]]:
    """Return the score columns of the headline table, grouped in order of the run's families."""
    known = {column["name"]: column for column in run.columns}
    left_out = {name for name in _MASKS_ONLY & known.keys() if known[name]["label"] == name}
    groups = [[name for name in group if name in known] for group in HEADLINE]
    groups = sorted(filter(None, groups), key=lambda group: list(known).index(group[0]))
    return [known[name] for group in groups for name in group if name not in left_out]


def format_value(value: float | None, unit: str) -> str:
    """Return a formatted number: ratios in per cent, counts with thin spaces."""
    if value is None:
        return _BLANK
    if unit == "ratio":
        return f"{100 * value:.2f}"
    if unit == "ms":
        return f"{value:#.3g}".rstrip(".")
    digits = 0 if unit in ("fps", "MB") or value == int(value) else 2
    return f"{value:,.{digits}f}".replace(",", "\N{THIN SPACE}")


def _table(run: Run, columns: list[Mapping[str, Any]], values: Many[Values]) -> Table:
    """Return the table of the values of each variant."""
    speed = {column["name"] for column in speed_columns(run)}
    marks = [_timing_label(variant) for variant in run.variants]
    compared = [
        {name: value for name, value in row.items() if not mark or name not in speed}
        for row, mark in zip(values, marks, strict=True)
    ]
    best = {column["name"]: _best(column, compared) for column in columns}
    missing_jobs = {each.variant: each.job for each in reversed(run.missing_results)}
    return Table(
        columns,
        [
            Row(
                variant,
                [
                    _cell(column, row, best, mark if column["name"] == "fps" else "")
                    for column in columns
                ],
                missing_jobs.get(variant.entry["name"], ""),
            )
            for variant, row, mark in zip(run.variants, values, marks, strict=True)
        ],
    )


def _cell(column: Mapping[str, Any], row: Values, best: Values, mark: str) -> Cell:
    value, best_value = row.get(column["name"]), best[column["name"]]
    is_best = not mark and best_value is not None and value == best_value
    return Cell(format_value(value, column["unit"]), value, is_best, mark)


def _timing_label(variant: Variant) -> str:
    """Return what was timed if it is not the step, else ""."""
    return variant.speed["timed"]["label"] if variant.speed else ""


def _values(variant: Variant) -> Values:
    speed = variant.speed["values"] if variant.speed else {}
    return {**(variant.total or {}), **speed}


def _best(column: Mapping[str, Any], rows: Many[Values]) -> float | None:
    """Return the best value; None if all are equal or the column has no better direction."""
    found = [value for row in rows if (value := row.get(column["name"])) is not None]
    if column["better"] is None or not found or min(found) == max(found):
        return None
    return max(found) if column["better"] == "up" else min(found)
