"""Results that another program wrote, replayed frame by frame."""

from __future__ import annotations

from datasets import mot_text
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, fill_path


def build(*, results: str) -> Imported:
    """Return a tracker that gives the answers of MOTChallenge result files.

    Args:
        results: Path of a sequence's file; `{root}` becomes the data set's folder and `{sequence}`
            the sequence's name.
    """
    return Imported(results)


class Imported:
    """See the module."""

    def __init__(self, results: str) -> None:
        self._results = results
        self._tracks: Tracks | None = None

    def start(self, sequence: Sequence) -> None:
        path = fill_path(self._results, sequence.root, sequence.name)
        self._tracks = mot_text.read_tracks(path, sequence.extent)

    def step(self, frame: Frame) -> Answer:
        if self._tracks is None:
            raise RuntimeError("step was called before start")
        rows = self._tracks.take(self._tracks.frame == frame.index)
        return Answer(rows.track, rows.box, rows.score, rows.class_id)
