"""Figures as Vega-Lite: accuracy against speed, and each sequence on its own."""

from __future__ import annotations

from typing import Any

import altair as alt

from reports.results import Run

# Okabe and Ito's colours, told apart by colour-blind people; black left out for the dark page
_COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"]
_TICKS = [digit * 10**power for power in range(-1, 6) for digit in (1, 2, 5)]
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left"]


def accuracy_and_speed(run: Run, metric: str = "HOTA") -> dict[str, Any] | None:
    """Return the plane of a metric against frames per second, None where nothing is timed.

    The bar through a point spans the slowest and the fastest repeat.
    """
    points = [
        {
            "variant": variant.card["title"],
            "accuracy": 100 * variant.total[metric],
            "fps": variant.speed["values"]["fps"],
            "slowest": variant.speed["fps_range"][0],
            "fastest": variant.speed["fps_range"][1],
        }
        for variant in run.variants
        if variant.total and variant.speed and metric in variant.total
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
    dots = base.mark_point(size=130, filled=True, opacity=1).encode(
        x=alt.X("fps:Q", scale=speeds),
        shape=_shape(run),
        tooltip=[
            alt.Tooltip("variant:N"),
            alt.Tooltip("accuracy:Q", title=metric, format=".2f"),
            alt.Tooltip("fps:Q", title="frames per second", format=",.0f"),
        ],
    )
    return _spec(bars + dots, height=280)


def by_sequence(run: Run, metric: str = "HOTA") -> dict[str, Any] | None:
    """Return a strip of points a sequence, one a variant; None where nothing is scored."""
    points = [
        {"variant": variant.card["title"], "sequence": sequence, "value": 100 * values[metric]}
        for variant in run.variants
        for sequence, values in variant.sequences.items()
        if metric in values
    ]
    if not points:
        return None
    base = alt.Chart(alt.InlineData(values=points)).encode(
        y=alt.Y("sequence:N", title=None, sort=list(run.plan["sequences"])),
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


def _scale(values: list[float]) -> alt.Scale:
    """Return an axis around the values, never so narrow that a small difference looks large."""
    middle, half = (min(values) + max(values)) / 2, (max(values) - min(values)) / 2
    return alt.Scale(domain=[middle - max(1.2 * half, 5), middle + max(1.2 * half, 5)], nice=True)


def _titles(run: Run) -> list[str]:
    return [variant.card["title"] for variant in run.variants]


def _colour(run: Run) -> alt.Color:
    scale = alt.Scale(domain=_titles(run), range=_COLOURS)
    return alt.Color("variant:N", title=None, scale=scale)


def _shape(run: Run) -> alt.Shape:
    return alt.Shape("variant:N", title=None, scale=alt.Scale(domain=_titles(run), range=_SHAPES))


def _spec(chart: alt.LayerChart, height: int | alt.Step) -> dict[str, Any]:
    chart = chart.properties(width="container", height=height, background="transparent")
    specification: dict[str, Any] = chart.to_dict()
    return specification
