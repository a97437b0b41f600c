"""MOTSChallenge: <truth>/<sequence>/gt/gt.txt, <results>/<sequence>.txt, frames from one."""

from __future__ import annotations

from pathlib import Path

from datasets.formats import mots_text
from datasets.sequences import mot_folder
from datasets.sequences.result_files import find_result
from datasets.types import Tracks

_FIRST_FRAME = 1


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return mot_folder.list_sequences(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    The image size is that of the ground truth's masks if seqinfo.ini does not have it.
    """
    folder = truth / sequence
    extent = mot_folder.read_extent(folder, (mots_text.CLASSES, (mots_text.IGNORE,)))
    labels = mots_text.read_tracks(
        mot_folder.truth_path(folder),
        extent if extent.height else None,
        first_frame=_FIRST_FRAME,
        frame_count=extent.frame_count,
    )
    path = find_result(results, sequence)
    return labels, mots_text.read_tracks(path, labels.extent, first_frame=_FIRST_FRAME, named=True)
