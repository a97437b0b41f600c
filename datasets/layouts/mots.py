"""MOTSChallenge: <truth>/<sequence>/gt/gt.txt, <results>/<sequence>.txt, frames from one."""

from __future__ import annotations

from pathlib import Path

from datasets.formats import mots_text
from datasets.sequences import mot_folder
from datasets.types import Tracks

_FIRST_FRAME = 1


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return mot_folder.list_sequences(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence."""
    folder = truth / sequence
    extent = mot_folder.read_info(folder, (mots_text.CLASSES, (mots_text.IGNORE,))).extent
    files = mot_folder.truth_path(folder), results / f"{sequence}.txt"
    one, other = (mots_text.read_tracks(path, extent, first_frame=_FIRST_FRAME) for path in files)
    return one, other
