"""One's own data in MOTChallenge layout, DanceTrack and SportsMOT, with a file of class names.

<truth>/classes.yaml or labels of CVAT, see `classes_yaml`; <truth>/<sequence>/gt/gt.txt and
seqinfo.ini, <results>/<sequence>.txt.
"""

from __future__ import annotations

from pathlib import Path

from datasets.sequences import mot_folder
from datasets.sequences.classes_yaml import read_classes
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return mot_folder.list_sequences(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence."""
    return mot_folder.read_pair(truth, results, sequence, "truth", read_classes(truth))
