"""KITTI-MOTS: <truth>/0002.txt and <results>/0002.txt, frames from zero."""

from __future__ import annotations

from pathlib import Path

from datasets.formats import mots_text
from datasets.sequences.kitti_sequences import FRAME_COUNT
from datasets.sequences.result_files import find_result, list_texts
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return list_texts(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    The last frame of a sequence that is not KITTI's is the last one with ground truth.
    """
    labels = mots_text.read_tracks(truth / f"{sequence}.txt", frame_count=FRAME_COUNT.get(sequence))
    return labels, mots_text.read_tracks(find_result(results, sequence), labels.extent)
