"""Vega-Lite figures for the page without scripts: accuracy against speed, and each sequence."""

from __future__ import annotations

from typing import Any

import altair as alt

from reports.page.table import leading
from reports.results import Run

# Okabe and Ito's colours for colour-blind readers; without black, because of the dark theme
_COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"]
_FAINT = 0.4
_TICKS = [digit * 10**power for power in range(-1, 6) for digit in (1, 2, 5)]
_SHAPES = [  # one more than colours: 56 variants have different pairs of colour and shape
    *("circle", "square", "triangle-up", "diamond"),
    *("cross", "triangle-down", "triangle-left", "triangle-right"),
]


def accuracy_and_speed(run: Run) -> dict[str, Any] | None:
    """Return the leading metric against frames per second; None if no variant is timed.

    The bar through a point spans the slowest and the fastest repeat. A point is faint if the
    variant was not timed frame by frame.
    """
    metric = _leading(run)
    points = [
        {
            "variant": variant.entry["title"],
            "accuracy": 100 * accuracy,
            "fps": variant.speed["values"]["fps"],
            "slowest": variant.speed["fps_range"][0],
            "fastest": variant.speed["fps_range"][1],
            "timed": variant.speed["timed"]["label"] or "step",
        }
        for variant in run.variants
        if variant.speed and (accuracy := (variant.total or {}).get(metric)) is not None
    ]
    if not points:
        return None
    fps = [point["fps"] for point in points]
    speeds = alt.Scale(type="log", domain=[min(fps) / 2, max(fps) * 2], nice=False)
    base = alt.Chart(alt.InlineData(values=points)).encode(
        y=alt.Y(
            "accuracy:Q",
            title=f"{metric} (%)",
            scale=_scale([point["accuracy"] for point in points]),
        ),
        color=_colour(run),
    )
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X(
            "slowest:Q",
            title="frames per second (log scale)",
            scale=speeds,
            axis=alt.Axis(values=_TICKS, format=","),
        ),
        x2="fastest:Q",
    )
    dots = base.mark_point(size=130, filled=True).encode(
        x=alt.X("fps:Q", scale=speeds),
        shape=_shape(run),
        opacity=alt.condition(alt.datum.timed == "step", alt.value(1), alt.value(_FAINT)),
        tooltip=[
            alt.Tooltip("variant:N"),
            alt.Tooltip("accuracy:Q", title=metric, format=".2f"),
            alt.Tooltip("fps:Q", title="frames per second", format=",.0f"),
            alt.Tooltip("timed:N"),
        ],
    )
    return _spec(bars + dots, height=280)


def by_sequence(run: Run) -> dict[str, Any] | None:
    """Return one row of points per sequence, a point per variant; None if nothing is scored."""
    metric = _leading(run)
    points = [
        {"variant": variant.entry["title"], "sequence": sequence, "value": 100 * value}
        for variant in run.variants
        for sequence, values in variant.sequences.items()
        if (value := values.get(metric)) is not None
    ]
    if not points:
        return None
    found = {point["sequence"] for point in points}
    scored = [name for name in run.plan["sequences"] if name in found]
    base = alt.Chart(alt.InlineData(values=points)).encode(
        # Ordered by the scale: `sort` puts names into expressions, where some names break
        y=alt.Y("sequence:N", title=None, scale=alt.Scale(domain=scored)),
    )
    span = base.mark_rule(opacity=0.35, strokeWidth=2).encode(
        x=alt.X(
            "min(value):Q",
            title=f"{metric} (%)",
            scale=_scale([point["value"] for point in points]),
        ),
        x2="max(value):Q",
    )
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(
        x="value:Q",
        shape=_shape(run),
        tooltip=["variant:N", "sequence:N", alt.Tooltip("value:Q", title=metric, format=".2f")],
        color=_colour(run),
    )
    return _spec(span + dots, height=alt.Step(32))


def _leading(run: Run) -> str:
    column = leading(run)
    return column["name"] if column else ""


def _scale(values: list[float]) -> alt.Scale:
    """Return a scale around the values, at least 10 points wide: small differences look small."""
    middle, half = (min(values) + max(values)) / 2, (max(values) - min(values)) / 2
    reach = max(1.2 * half, 5)
    return alt.Scale(domain=[middle - reach, min(middle + reach, 100)], nice=True)


def _titles(run: Run) -> list[str]:
    return [variant.entry["title"] for variant in run.variants]


def _colour(run: Run) -> alt.Color:
    scale = alt.Scale(domain=_titles(run), range=_COLOURS)
    return alt.Color("variant:N", title=None, scale=scale)


def _shape(run: Run) -> alt.Shape:
    return alt.Shape("variant:N", title=None, scale=alt.Scale(domain=_titles(run), range=_SHAPES))


def _spec(chart: alt.LayerChart, height: int | alt.Step) -> dict[str, Any]:
    chart = chart.properties(width="container", height=height, background="transparent")
    specification: dict[str, Any] = chart.to_dict()
    return specification
