"""Numbers as text, and which of them are best."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

from reports.results import Run, Values, Variant

# columns of the first table, where the run has them; the others are one click away. The first of
# each group is what people call the result: that of the run's first family is drawn
HEADLINE = (
    ("HOTA", "DetA", "AssA", "MOTA", "sMOTA", "IDF1", "IDSW", "CLR_FN", "CLR_FP"),
    ("J&F",),
    ("AP", "AP50"),
    ("mask AP",),
    ("box AP",),
)
_SPEED = ("fps", "p50_ms", "p95_ms", "memory_MB")
_OF_MASKS = {"sMOTA"}  # of them, those that are not compared for boxes
_BLANK = "–"


@dataclass(frozen=True)
class Cell:
    """One number: as text, as a sort key (None sorts last), whether it is the best, and a mark."""

    text: str
    value: float | None
    best: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Row:
    """One variant, with what went wrong with it in a word, or nothing."""

    variant: Variant
    cells: list[Cell]
    trouble: str


@dataclass(frozen=True)
class Table:
    """Columns as in score files, and a row a variant."""

    columns: list[Mapping[str, Any]]
    rows: list[Row]


def headline(run: Run) -> Table:
    """Return the totals people compare, and the speed."""
    return _table(run, _compared(run) + headline_speed(run), [_values(v) for v in run.variants])


def otherwise_timed(run: Run) -> dict[str, list[Variant]]:
    """Return the variants of which something else than the step was timed, by what it was."""
    marks = dict.fromkeys(filter(None, map(_mark, run.variants)))
    return {mark: [v for v in run.variants if _mark(v) == mark] for mark in marks}


def leading(run: Run) -> Mapping[str, Any] | None:
    """Return the column that is drawn, None where there is none of those that are."""
    firsts = {group[0] for group in HEADLINE}
    return next((column for column in run.columns if column["name"] in firsts), None)


def speed_columns(run: Run) -> list[Mapping[str, Any]]:
    """Return the columns of speed, nothing where no variant is timed."""
    return next((variant.speed["columns"] for variant in run.variants if variant.speed), [])


def headline_speed(run: Run) -> list[Mapping[str, Any]]:
    """Return the columns of speed that are in the first table."""
    return [column for column in speed_columns(run) if column["name"] in _SPEED]


def _compared(run: Run) -> list[Mapping[str, Any]]:
    """Return the columns of the first table, the groups in the order of the run's families."""
    known = {column["name"]: column for column in run.columns}
    of_boxes = {name for name in _OF_MASKS & known.keys() if known[name]["label"] == name}
    groups = [[name for name in group if name in known] for group in HEADLINE]
    groups = sorted(filter(None, groups), key=lambda group: list(known).index(group[0]))
    return [known[name] for group in groups for name in group if name not in of_boxes]


def format_value(value: float | None, unit: str) -> str:
    """Return a number as people read it: ratios in per cent, counts with thin spaces."""
    if value is None:
        return _BLANK
    if unit == "ratio":
        return f"{100 * value:.2f}"
    if unit == "ms":
        return f"{value:#.3g}".rstrip(".")
    digits = 0 if unit in ("fps", "MB") or value == int(value) else 2
    return f"{value:,.{digits}f}".replace(",", "\N{THIN SPACE}")


def _table(run: Run, columns: list[Mapping[str, Any]], values: Many[Values]) -> Table:
    """Return the table of one set of values a variant."""
    speed = {column["name"] for column in speed_columns(run)}
    marks = [_mark(variant) for variant in run.variants]
    compared = [
        {name: value for name, value in row.items() if not mark or name not in speed}
        for row, mark in zip(values, marks, strict=True)
    ]
    best = {column["name"]: _best(column, compared) for column in columns}
    troubled = {each.variant: each.job for each in reversed(run.troubles)}
    return Table(
        columns,
        [
            Row(
                variant,
                [
                    _cell(column, row, best, mark if column["name"] == "fps" else "")
                    for column in columns
                ],
                troubled.get(variant.card["name"], ""),
            )
            for variant, row, mark in zip(run.variants, values, marks, strict=True)
        ],
    )


def _cell(column: Mapping[str, Any], row: Values, best: Values, mark: str) -> Cell:
    value, most = row.get(column["name"]), best[column["name"]]
    is_best = not mark and most is not None and value == most
    return Cell(format_value(value, column["unit"]), value, is_best, mark)


def _mark(variant: Variant) -> str:
    """Return what was timed, where it is not the step."""
    return variant.speed["timed"]["label"] if variant.speed else ""


def _values(variant: Variant) -> Values:
    speed = variant.speed["values"] if variant.speed else {}
    return {**(variant.total or {}), **speed}


def _best(column: Mapping[str, Any], rows: Many[Values]) -> float | None:
    """Return the best value, None where there is nothing to choose."""
    found = [value for row in rows if (value := row.get(column["name"])) is not None]
    if column["better"] is None or not found or min(found) == max(found):
        return None
    return max(found) if column["better"] == "up" else min(found)
