"""Results that another program wrote, replayed frame by frame."""

from __future__ import annotations

import numpy as np

from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, fill_path
from trackers.parts.result_files import check_format, read_result


def build(*, results: str, format: str = "mot", only_class: str | None = None) -> Imported:
    """Return a tracker that gives the answers of result files.

    Args:
        results: Path of a sequence's file or folder; `{root}` becomes the data set's folder and
            `{sequence}` the sequence's name.
        format: Of the file, one that `datasets.convert` reads.
        only_class: Name of the class of all its objects, where the sequence has several and the
            file does not say which.

    Raises:
        ValueError: There is no such format, or it is not read without a truth.
    """
    check_format(format)
    return Imported(results, format, only_class)


class Imported:
    """See the module."""

    def __init__(self, results: str, kind: str, only: str | None) -> None:
        self._results = results
        self._kind, self._only = kind, only
        self._tracks: Tracks | None = None

    def start(self, sequence: Sequence) -> None:
        path = fill_path(self._results, sequence.root, sequence.name)
        self._tracks = read_result(path, self._kind, sequence, self._only)

    def step(self, frame: Frame) -> Answer:
        if self._tracks is None:
            raise RuntimeError("step was called before start")
        first, last = np.searchsorted(self._tracks.frame, [frame.index, frame.index + 1])
        rows = self._tracks.take(np.arange(first, last))
        return Answer(rows.track, rows.box, rows.score, rows.class_id, rows.rle)
