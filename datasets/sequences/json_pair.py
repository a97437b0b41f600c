"""Ground truth and results in layouts where one JSON file holds all sequences.

A folder stands for the file instances.json in it for ground truth, results.json for results.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from datasets.io.files import file_in
from datasets.types import Tracks


class PairFormat(Protocol):
    """A module that reads such files: `vis_json` or `coco_json`."""

    def __hash__(self) -> int:
        """Return a hash that is equal for all uses of a module."""

    def read_labels(self, path: Path) -> tuple[Any, Mapping[str, Tracks]]:
        """Return the sequence ids of a ground truth file, and the ground truth by name."""

    def read_results(self, path: Path, sequences: Any) -> Mapping[str, Tracks]:
        """Return the results of each sequence by name."""


def list_sequences(module: PairFormat, truth: Path) -> list[str]:
    """Return the sorted names of the sequences that have ground truth."""
    return sorted(_read_truth(module, *_with_mtime(truth, "instances.json"))[1])


def read_pair(
    module: PairFormat, truth: Path, results: Path, sequence: str
) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence; each process reads a file only once.

    Raises:
        ValueError: A file is invalid, or there is no such sequence.
    """
    known = _with_mtime(truth, "instances.json")
    labels = _read_truth(module, *known)[1]
    if sequence not in labels:
        raise ValueError(
            f"{known[0]}: expected a sequence among {sorted(labels)}, found {sequence!r}"
        )
    found = _read_results(module, *_with_mtime(results, "results.json"), *known)
    return labels[sequence], found[sequence]


def _with_mtime(path: Path, name: str) -> tuple[Path, int]:
    """Return the file and its modification time, which invalidates the cache when it changes."""
    file = file_in(path, name)
    return file, file.stat().st_mtime_ns


@lru_cache(maxsize=1)
def _read_truth(module: PairFormat, path: Path, _: int) -> tuple[Any, Mapping[str, Tracks]]:
    return module.read_labels(path)


@lru_cache(maxsize=1)
def _read_results(
    module: PairFormat, path: Path, _: int, truth: Path, truth_mtime: int
) -> Mapping[str, Tracks]:
    return module.read_results(path, _read_truth(module, truth, truth_mtime)[0])
