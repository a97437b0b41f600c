"""MOT16, MOT17 and MOT20, read in place from a folder in MOTChallenge layout.

`<root>/train/<sequence>/`, see `mot_folder`. The images may be a video file beside seqinfo.ini, and
may be absent, as may detections.
"""

from __future__ import annotations

from pathlib import Path

from datasets.sequences import mot_folder
from datasets.sequences.sequence_json import Prepared

_SPLIT = "train"  # the test split has no ground truth

locate = mot_folder.locate


def inputs(root: Path | None, sequence: str) -> list[Path]:
    """Return the existing label files, and the video.

    Raises:
        FileNotFoundError: The sequence, its seqinfo.ini or its ground truth is missing; lists the
            known sequences.
    """
    assert root is not None
    return mot_folder.label_files(mot_folder.find_sequence(root / _SPLIT, sequence))


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence, with its images or video in place."""
    assert root is not None
    found = mot_folder.find_sequence(root / _SPLIT, sequence)
    return mot_folder.read_prepared(dataset, root, found)
