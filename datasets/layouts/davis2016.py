"""DAVIS 2016: files as in `davis`, but every value other than background is object, even 255."""

from __future__ import annotations

from pathlib import Path

from datasets.sequences import davis_folder
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return davis_folder.list_sequences(truth)


def read_pair(
    truth: Path, results: Path, sequence: str, *, ends: bool = True
) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    Args:
        ends: Whether the first and the last frame are scored: see `davis_folder.read_pair`.
    """
    return davis_folder.read_pair(truth, results, sequence, void=False, ends=ends)
