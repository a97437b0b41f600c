"""Options of imported results."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.parts.options import ResultFormat


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        results: Path of a sequence's file or folder; `{root}` becomes the data set's folder and
            `{sequence}` the sequence's name.
        format: Format of the file, one that `datasets.convert` reads without a ground truth.
        only_class: Name of the class of all its objects, where the sequence has several and the
            file does not say which.
    """

    results: str
    format: ResultFormat = "mot"
    only_class: str | None = None
