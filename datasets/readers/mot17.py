"""MOT16, MOT17 and MOT20 in place, from a folder in MOTChallenge layout.

`<root>/train/<sequence>/`, see `mot_folder`; images and detections may be absent.
"""

from __future__ import annotations

from pathlib import Path

from datasets.sequences import mot_folder
from datasets.sequences.sequence_json import Prepared

_SPLIT = "train"  # the test split has no ground truth

locate = mot_folder.locate


def inputs(root: Path | None, sequence: str) -> list[Path]:
    """Return the label files that are there.

    Raises:
        FileNotFoundError: The sequence, its seqinfo.ini or its ground truth is missing; the message
            lists the sequences there are.
    """
    assert root is not None
    return mot_folder.label_files(mot_folder.find_sequence(root / _SPLIT, sequence))


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence, its images where they are."""
    assert root is not None
    found = mot_folder.find_sequence(root / _SPLIT, sequence)
    return mot_folder.read_prepared(dataset, root, found)
