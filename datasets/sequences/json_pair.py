"""Ground truth and results in layouts where one JSON file holds all sequences.

A folder stands for the file instances.json in it for ground truth, results.json for results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from datasets.io.files import file_in
from datasets.io.mended import count_mended, take_mended
from datasets.needs import Needs
from datasets.types import Tracks


class PairFormat(Protocol):
    """A module that reads such files: `vis_json` or `coco_json`."""

    def __hash__(self) -> int:
        """Return a hash that is equal for all uses of a module."""

    def read_labels(self, path: Path, needs: Needs) -> tuple[Any, Mapping[str, Tracks]]:
        """Return the sequence ids of a ground truth file, and the ground truth by name."""

    def read_results(self, path: Path, sequences: Any, needs: Needs) -> Mapping[str, Tracks]:
        """Return the results of each sequence by name."""


@dataclass(frozen=True)
class JsonPair:
    """A layout; each process reads a file only once.

    Args:
        needs: What is used of the files.
    """

    module: PairFormat
    needs: Needs

    def list_sequences(self, truth: Path) -> list[str]:
        """Return the sorted names of the sequences that have ground truth."""
        path, mtime = _with_mtime(truth, "instances.json")
        return sorted(_read_truth(self, path, mtime).content[1])

    def read_pair(
        self, truth: Path, results: Path, sequence: str, counted_with: str | None = None
    ) -> tuple[Tracks, Tracks]:
        """Return ground truth and prediction of one sequence.

        Args:
            counted_with: Sequence with which everything that is skipped or mended in the files is
                counted; by default their first.

        Raises:
            ValueError: A file is invalid, or there is no such sequence.
        """
        known = _with_mtime(truth, "instances.json")
        labels = _read_truth(self, *known)
        names = sorted(labels.content[1])
        if sequence not in names:
            raise ValueError(f"{known[0]}: expected a sequence among {names}, found {sequence!r}")
        found = _read_results(self, *_with_mtime(results, "results.json"), *known)
        if sequence == (counted_with or names[0]):
            for what, count in (*labels.mended.items(), *found.mended.items()):
                count_mended(what, count)
        return labels.content[1][sequence], found.content[sequence]


@dataclass(frozen=True)
class _File:
    """Content of a file, and the counts of what was skipped or mended."""

    content: Any
    mended: Mapping[str, int]


def _with_mtime(path: Path, name: str) -> tuple[Path, int]:
    """Return the file and its modification time, which invalidates the cache when it changes."""
    file = file_in(path, name)
    return file, file.stat().st_mtime_ns


@lru_cache(maxsize=1)
def _read_truth(layout: JsonPair, path: Path, _: int) -> _File:
    return _with_counts(lambda: layout.module.read_labels(path, layout.needs))


@lru_cache(maxsize=1)
def _read_results(layout: JsonPair, path: Path, _: int, truth: Path, truth_mtime: int) -> _File:
    sequences = _read_truth(layout, truth, truth_mtime).content[0]
    return _with_counts(lambda: layout.module.read_results(path, sequences, layout.needs))


def _with_counts(read: Callable[[], Any]) -> _File:
    """Return what is read, and its counts, which the program does not count yet."""
    before = take_mended()
    try:
        content = read()
        return _File(content, take_mended())
    finally:
        take_mended()
        for what, count in before.items():
            count_mended(what, count)
