"""Results that another program wrote, replayed frame by frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.format import Given
from datasets.formats import FORMATS
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, fill_path


def build(*, results: str, format: str = "mot") -> Imported:
    """Return a tracker that gives the answers of result files.

    Args:
        results: Path of a sequence's file or folder; `{root}` becomes the data set's folder and
            `{sequence}` the sequence's name.
        format: Of the file, one that `datasets.convert` reads.

    Raises:
        ValueError: There is no such format.
    """
    if format not in FORMATS:
        raise ValueError(f"format {format!r} is unknown: expected one of {sorted(FORMATS)}")
    return Imported(results, format)


class Imported:
    """See the module."""

    def __init__(self, results: str, kind: str) -> None:
        self._results = results
        self._kind = kind
        self._tracks: Tracks | None = None

    def start(self, sequence: Sequence) -> None:
        path = fill_path(self._results, sequence.root, sequence.name)
        self._tracks = _read(path, self._kind, sequence)

    def step(self, frame: Frame) -> Answer:
        if self._tracks is None:
            raise RuntimeError("step was called before start")
        first, last = np.searchsorted(self._tracks.frame, [frame.index, frame.index + 1])
        rows = self._tracks.take(np.arange(first, last))
        return Answer(rows.track, rows.box, rows.score, rows.class_id, rows.rle)


def _read(path: Path, kind: str, sequence: Sequence) -> Tracks:
    """Return the one sequence that a file or folder holds.

    Raises:
        ValueError: It holds several, or its masks or frames do not fit the sequence.
    """
    extent = sequence.extent
    given = Given((extent.height, extent.width), extent.frame_count, extent.classes, extent.ignored)
    found = FORMATS[kind].read(path, given)
    if len(found) != 1:
        raise ValueError(f"{path}: one sequence expected, found {sorted(found)}")
    (tracks,) = found.values()
    try:
        return replace(tracks, extent=extent)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
