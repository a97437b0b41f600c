"""Results that another program wrote, replayed frame by frame."""

from __future__ import annotations

from importlib import import_module

from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, fill_path


def build(*, results: str, file_format: str = "mot_text") -> Imported:
    """Return a tracker that gives the answers of result files.

    Args:
        results: Path of a sequence's file; `{root}` becomes the data set's folder and `{sequence}`
            the sequence's name.
        file_format: The format module in `datasets` that reads it.
    """
    return Imported(results, file_format)


class Imported:
    """See the module."""

    def __init__(self, results: str, file_format: str) -> None:
        self._results = results
        self._format = import_module(f"datasets.{file_format}")
        self._tracks: Tracks | None = None

    def start(self, sequence: Sequence) -> None:
        path = fill_path(self._results, sequence.root, sequence.name)
        self._tracks = self._format.read_tracks(path, sequence.extent)

    def step(self, frame: Frame) -> Answer:
        if self._tracks is None:
            raise RuntimeError("step was called before start")
        rows = self._tracks.take(self._tracks.frame == frame.index)
        return Answer(rows.track, rows.box, rows.score, rows.class_id)
