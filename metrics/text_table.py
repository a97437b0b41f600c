"""What was found, as a table in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from typing import Any

_SHOWN = (
    *("J&F", "J-Mean", "F-Mean", "AP", "AP50", "AP75", "AR10", "mask AP", "box AP"),
    *("HOTA", "DetA", "AssA", "LocA", "MOTA", "sMOTA", "IDF1", "IDSW", "CLR_FN", "CLR_FP"),
)
_MOST = 10  # columns of a table of families that have none of these
_NARROWEST = 9
_OF_SLICES = ("rows", "recall", "IoU", "IDSW/1000")


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the table: ratios in per cent, a row a sequence, the total last.

    Args:
        found: What metrics.evaluate writes.
    """
    columns = {column["name"]: column for column in found["columns"]}
    shown = [columns[name] for name in _SHOWN if name in columns] or found["columns"][:_MOST]
    for title, scores in found["classes"].items():
        yield from _rows(title, {**scores["sequences"], "COMBINED": scores["combined"]}, shown)
        for kind, slices in scores.get("slices", {}).items():
            lines = [_of_slice(*each) for each in slices]
            yield from _aligned([[f"by {kind}", *_OF_SLICES], *lines])
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


def _of_slice(label: str, rows: int, matched: int, similarity: float, switches: int) -> list[str]:
    """Return the line of a slice."""
    recall = _cell(matched / rows if rows else None, "ratio")
    overlap = _cell(similarity / matched if matched else None, "ratio")
    return [label, str(rows), recall, overlap, _cell(1000 * switches / rows if rows else None, "")]


def _aligned(lines: Many[Many[str]]) -> Iterator[str]:
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    wide = [max(_NARROWEST, width + 1) for width in others]
    for name, *cells in lines:
        yield f"{name:{first}}" + "".join(f"{c:>{w}}" for c, w in zip(cells, wide, strict=True))


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "ratio":
        return f"{100 * value:.3f}"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
