"""KITTI tracking, boxes in the image: <truth>/0002.txt and <results>/0002.txt, frames from zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.formats import kitti_text
from datasets.io.mended import count_mended
from datasets.sequences.kitti_sequences import count_frames, read_seqmap
from datasets.sequences.result_files import find_result, list_texts
from datasets.types import MAX_FRAMES, NO_TRACK, Extent, Tracks

_SEQMAP = "evaluate_tracking.seqmap"


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return list_texts(truth)


def read_pair(
    truth: Path, results: Path, sequence: str, frames: int | None = None
) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    The files do not provide the image size, which box metrics do not need: it is the extent of all
    ground truth boxes.

    Args:
        frames: Number of frames; by default that of a seqmap, else see `count_frames`.
    """
    frames = frames or read_seqmap(truth, sequence, _SEQMAP)
    extent = kitti_text.kitti_extent(0, 0, frames or MAX_FRAMES)
    labels = kitti_text.read_tracks(truth / f"{sequence}.txt", extent, "truth")
    found = kitti_text.read_tracks(find_result(results, sequence), extent)
    count = frames or count_frames(sequence, labels, found)
    right, bottom = np.ceil(labels.box[:, 2:]).max(axis=0, initial=0).astype(int).tolist()
    extent = kitti_text.kitti_extent(bottom, right, count)
    return _with_identity(labels, extent), _with_identity(found, extent)


def _with_identity(tracks: Tracks, extent: Extent) -> Tracks:
    """Return the rows with an identity and the ignore regions; TrackEval skips other rows."""
    kept = (tracks.track != NO_TRACK) | (tracks.class_id == kitti_text.DONT_CARE)
    count_mended("rows with a negative identity, skipped", int((~kept).sum()))
    return replace(tracks if kept.all() else tracks.take(kept), extent=extent)
