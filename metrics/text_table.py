"""Format scores as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from typing import Any

_SHOWN = (
    *("J&F", "J-Mean", "F-Mean", "AP", "AP50", "AP75", "AR10", "mask AP", "box AP"),
    *("HOTA", "DetA", "AssA", "LocA", "MOTA", "sMOTA", "IDF1", "IDSW", "CLR_FN", "CLR_FP"),
)
_MAX_COLUMNS = 10  # of a table that has none of the columns in _SHOWN
_MIN_WIDTH = 9
_SLICE_COLUMNS = ("rows", "recall", "IoU", "IDSW/1000")


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the table: ratios in per cent, one row per sequence, the total last.

    Args:
        found: Output of metrics.evaluate.
    """
    columns = {column["name"]: column for column in found["columns"]}
    shown = [columns[name] for name in _SHOWN if name in columns] or found["columns"][:_MAX_COLUMNS]
    for title, scores in found["classes"].items():
        yield from _rows(title, {**scores["sequences"], "COMBINED": scores["combined"]}, shown)
        for kind, slices in scores.get("slices", {}).items():
            lines = [_slice_row(*each) for each in slices]
            yield from _aligned([[f"by {kind}", *_SLICE_COLUMNS], *lines])
    if len(found["classes"]) > 1:
        averages = {name: found[name] for name in ("class_averaged", "detection_averaged")}
        yield from _rows("all classes", averages, shown)


def _rows(
    title: str, rows: Mapping[str, Mapping[str, float | None]], shown: Many[Mapping[str, Any]]
) -> Iterator[str]:
    lines = [[title, *(column["label"] for column in shown)]]
    for name, values in rows.items():
        lines.append([name, *(_cell(values[each["name"]], each["unit"]) for each in shown)])
    yield from _aligned(lines)


def _slice_row(label: str, rows: int, matched: int, similarity: float, switches: int) -> list[str]:
    """Return the table cells of one slice."""
    recall = _cell(matched / rows if rows else None, "ratio")
    overlap = _cell(similarity / matched if matched else None, "ratio")
    return [label, str(rows), recall, overlap, _cell(1000 * switches / rows if rows else None, "")]


def _aligned(lines: Many[Many[str]]) -> Iterator[str]:
    first, *rest = (max(map(len, column)) for column in zip(*lines, strict=True))
    widths = [max(_MIN_WIDTH, width + 1) for width in rest]
    for name, *cells in lines:
        yield f"{name:{first}}" + "".join(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "ratio":
        return f"{100 * value:.3f}"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
