"""Relate step times to the number of objects in the output: medians and a fitted line."""

from __future__ import annotations

from typing import Any

import numpy as np

from reports.results import Variant

_NS_PER_MS = 1e6
_DIGITS = 6  # significant digits of a time in ms


def by_objects(variant: Variant) -> dict[str, Any] | None:
    """Return the median step time at each number of objects, and a least-squares line.

    None if all timed frames have the same number of objects, or no frame is timed.
    """
    counts, times_ms = _steps(variant)
    sizes = np.unique(counts)
    if not len(sizes) or sizes[0] == sizes[-1]:
        return None
    slope, start = np.polyfit(counts, times_ms, 1)
    return {
        "medians": [[int(size), in_ms(_upper_median(times_ms[counts == size]))] for size in sizes],
        "line": {
            "start_ms": in_ms(start),
            "slope_ms": in_ms(slope),
            "low": int(sizes[0]),
            "high": int(sizes[-1]),
        },
    }


def in_ms(time_ms: float) -> float:
    """Return a time rounded to the digits that the page keeps."""
    return float(f"{time_ms:.{_DIGITS}g}")


def _steps(variant: Variant) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of objects and the time in ms of each timed step, (N,) each."""
    counts = [
        variant.objects[sequence] for sequence, passes in variant.timings.items() for _ in passes
    ]
    times = [one for passes in variant.timings.values() for one in passes]
    if not times:
        return np.zeros(0, np.int64), np.zeros(0)
    return np.concatenate(counts), np.concatenate(times) / _NS_PER_MS


def _upper_median(values: np.ndarray) -> float:
    return float(np.sort(values)[len(values) // 2])
