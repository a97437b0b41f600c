"""Replays the results of another program frame by frame."""

from __future__ import annotations

import numpy as np

from datasets.types import Frame, Sequence, Tracks
from trackers.contract import TrackerOutput, fill_path
from trackers.methods.imported.options import Options
from trackers.parts.result_files import read_result


def build(options: Options) -> Imported:
    """Return a tracker that replays result files."""
    return Imported(options)


class Imported:
    """A tracker whose output is read from result files."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._tracks: Tracks | None = None

    def start(self, sequence: Sequence) -> None:
        path = fill_path(self._options.results, sequence.root, sequence.name)
        kind, only = self._options.format, self._options.only_class
        self._tracks = read_result(path, kind, sequence, only)

    def step(self, frame: Frame) -> TrackerOutput:
        if self._tracks is None:
            raise RuntimeError("step was called before start")
        first, last = np.searchsorted(self._tracks.frame, [frame.index, frame.index + 1])
        rows = self._tracks.take(np.arange(first, last))
        return TrackerOutput(rows.track, rows.box, rows.score, rows.class_id, rows.rle)
