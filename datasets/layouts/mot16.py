"""MOT16, MOT17, MOT20 and similar: <truth>/<sequence>/gt/gt.txt, <results>/<sequence>.txt."""

from __future__ import annotations

from pathlib import Path

from datasets.sequences import mot_folder
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return mot_folder.list_sequences(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence."""
    return mot_folder.read_pair(truth, results, sequence, "truth")
