"""KITTI-MOTS: <truth>/0002.txt and <results>/0002.txt, frames from zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datasets.formats import mots_text
from datasets.sequences.kitti_sequences import count_frames, read_seqmap
from datasets.sequences.result_files import find_result, list_texts
from datasets.types import MAX_FRAMES, Tracks

_SEQMAP = "evaluate_mots.seqmap"


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return list_texts(truth)


def read_pair(
    truth: Path, results: Path, sequence: str, frames: int | None = None
) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    Args:
        frames: Number of frames; by default that of a seqmap, else see `count_frames`.
    """
    last = None if frames else read_seqmap(truth, sequence, _SEQMAP)
    frames = frames if last is None else last + 1
    labels = mots_text.read_tracks(truth / f"{sequence}.txt", frame_count=frames or MAX_FRAMES)
    found = mots_text.read_tracks(find_result(results, sequence), labels.extent, named=True)
    if frames is None:
        count = count_frames(sequence, labels, found)
        extent = replace(labels.extent, frame_count=count)
        labels, found = replace(labels, extent=extent), replace(found, extent=extent)
    return labels, found
