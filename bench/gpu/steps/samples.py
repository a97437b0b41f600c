"""Summary of measured times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def summarize(seconds: Sequence[float]) -> dict[str, float]:
    """Return the number of times, and their median, 5th and 95th percentile in milliseconds."""
    low, median, high = np.percentile(seconds, (5, 50, 95)) * 1e3
    return {
        "count": len(seconds),
        "median_ms": round(float(median), 3),
        "p5_ms": round(float(low), 3),
        "p95_ms": round(float(high), 3),
    }
