"""When errors happened: events of a sequence counted in equal spans of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

ERRORS = {
    "miss": "missed",
    "false_alarm": "false alarm",
    "switch": "identity switch",
    "fragmentation": "fragmentation",
}  # events of metrics.events that are errors, and what the page calls them
_SPANS = 100  # at most; the page shows no more


@dataclass(frozen=True)
class Timeline:
    """Errors of one variant on one sequence.

    Args:
        span: Frames counted together.
        counts: By event, (S,) how many there are in each span.
    """

    span: int
    counts: Mapping[str, np.ndarray]


def read_timeline(path: Path, frame_count: int) -> Timeline:
    """Return the errors of all classes in an events file of one sequence."""
    table = pq.read_table(path, columns=["event", "frame"], partitioning=None)
    kind, frame = table["event"].to_numpy(), table["frame"].to_numpy()
    span = -(-frame_count // _SPANS)
    spans = -(-frame_count // span)
    return Timeline(
        span,
        {name: np.bincount(frame[kind == name] // span, minlength=spans) for name in ERRORS},
    )
