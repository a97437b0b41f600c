"""Options of imported results."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.parts.options import ResultFormat


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of imported results.

    Args:
        results: Path of the sequence's result file or folder; `{root}` is replaced by the data
            set's folder and `{sequence}` by the sequence's name.
        format: Format of the results, one that `datasets.convert` reads without ground truth.
        only_class: Name of the class of all objects, required where the sequence has several
            classes and the results do not name them.
    """

    results: str
    format: ResultFormat = "mot"
    only_class: str | None = None
