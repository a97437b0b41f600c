"""KITTI tracking, boxes in the image: <truth>/0002.txt and <results>/0002.txt, frames from zero."""

from __future__ import annotations

from pathlib import Path

from datasets.formats import kitti_text
from datasets.sequences.kitti_sequences import FRAME_COUNT
from datasets.sequences.result_files import find_result, list_texts
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return list_texts(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    The last frame of a sequence that is not KITTI's is the last one with ground truth. The files do
    not provide the image size, which box metrics do not need: it is the extent of all ground truth
    boxes.
    """
    file = truth / f"{sequence}.txt"
    height, width, length = kitti_text.read_reach(file)
    extent = kitti_text.kitti_extent(height, width, FRAME_COUNT.get(sequence, length))
    return (
        kitti_text.read_tracks(file, extent, "truth"),
        kitti_text.read_tracks(find_result(results, sequence), extent),
    )
