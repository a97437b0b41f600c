"""Count the errors of a sequence in equal spans of frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from datasets.io.arrow import open_native, to_array, to_coded

ERRORS = {
    "miss": "missed",
    "false_alarm": "false alarm",
    "switch": "identity switch",
    "fragmentation": "fragmentation",
}  # error events of metrics.events, and their titles on the page
_MAX_SPANS = 100  # as many as the page has space for


@dataclass(frozen=True)
class Timeline:
    """Errors of one variant on one sequence.

    Args:
        span: Number of frames in a span.
        counts: (S,) number of errors in each span, by event.
    """

    span: int
    counts: Mapping[str, np.ndarray]


def read_timeline(path: Path, frame_count: int) -> Timeline:
    """Return the errors of all classes from the events file of one sequence."""
    with open_native(path) as file:
        table = pq.ParquetFile(file, read_dictionary=["event"]).read(columns=["event", "frame"])
    (kind, kinds), frame = to_coded(table["event"]), to_array(table["frame"])
    span = -(-frame_count // _MAX_SPANS)
    spans = -(-frame_count // span)
    number = {name: kinds.index(name) if name in kinds else -1 for name in ERRORS}
    return Timeline(
        span,
        {
            name: np.bincount(frame[kind == number[name]] // span, minlength=spans)
            for name in ERRORS
        },
    )
