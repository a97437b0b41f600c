"""Truth and results side by side where one JSON file holds every sequence.

Either may be a folder: its instances.json is the truth then, its results.json the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from datasets.io.files import file_in
from datasets.types import Tracks


class Format(Protocol):
    """A module that reads such files: `vis_json` or `coco_json`."""

    def __hash__(self) -> int:
        """Return what all of a module's uses share."""

    def read_labels(self, path: Path) -> tuple[Any, Mapping[str, Tracks]]:
        """Return what a truth file calls its sequences, and the truth of each by name."""

    def read_results(self, path: Path, sequences: Any) -> Mapping[str, Tracks]:
        """Return the results for each sequence by name."""


def list_sequences(form: Format, truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth, sorted."""
    return sorted(_read_truth(form, *_versioned(truth, "instances.json"))[1])


def read_pair(form: Format, truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return truth and prediction of one sequence; every file is read once a process.

    Raises:
        ValueError: Also if there is no such sequence.
    """
    known = _versioned(truth, "instances.json")
    labels = _read_truth(form, *known)[1]
    if sequence not in labels:
        raise ValueError(f"{known[0]}: no sequence {sequence!r}: expected one of {sorted(labels)}")
    found = _read_results(form, *_versioned(results, "results.json"), *known)
    return labels[sequence], found[sequence]


def _versioned(path: Path, name: str) -> tuple[Path, int]:
    """Return the file, and when it was changed: what was read of it before holds no longer then."""
    file = file_in(path, name)
    return file, file.stat().st_mtime_ns


@lru_cache(maxsize=1)
def _read_truth(form: Format, path: Path, _: int) -> tuple[Any, Mapping[str, Tracks]]:
    return form.read_labels(path)


@lru_cache(maxsize=1)
def _read_results(
    form: Format, path: Path, _: int, truth: Path, truth_changed: int
) -> Mapping[str, Tracks]:
    return form.read_results(path, _read_truth(form, truth, truth_changed)[0])
