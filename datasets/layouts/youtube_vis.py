"""YouTube-VIS and OVIS: <truth>.json and <results>.json hold all videos.

Either may be a folder: its instances.json is the truth then, its results.json the results.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from datasets import vis_json
from datasets.files import file_in
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return sorted(_read_truth(*_versioned(truth, "instances.json"))[1])


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return truth and prediction of one sequence; every file is read once a process.

    Raises:
        ValueError: Also if there is no such sequence.
    """
    known = _versioned(truth, "instances.json")
    labels = _read_truth(*known)[1]
    if sequence not in labels:
        raise ValueError(f"{known[0]}: no sequence {sequence!r}: expected one of {sorted(labels)}")
    return labels[sequence], _read_results(*_versioned(results, "results.json"), *known)[sequence]


def _versioned(path: Path, name: str) -> tuple[Path, int]:
    """Return the file, and when it was changed: what was read of it before holds no longer then."""
    file = file_in(path, name)
    return file, file.stat().st_mtime_ns


@lru_cache(maxsize=1)
def _read_truth(path: Path, _: int) -> tuple[dict[str, vis_json.Video], dict[str, Tracks]]:
    return vis_json.read_labels(path)


@lru_cache(maxsize=1)
def _read_results(path: Path, _: int, truth: Path, truth_changed: int) -> dict[str, Tracks]:
    return vis_json.read_results(path, _read_truth(truth, truth_changed)[0])
