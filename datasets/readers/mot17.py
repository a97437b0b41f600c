"""MOT16, MOT17 and MOT20 in place, from a folder in MOTChallenge layout.

`<root>/train/<sequence>/`, see `mot_folder`; images and detections may be absent.
"""

from __future__ import annotations

from pathlib import Path

from datasets import mot_text
from datasets.mot_folder import detections_path, info_path, read_info, truth_path
from datasets.sequence_json import Prepared
from datasets.types import Sequence

_SPLIT = "train"  # the test split has no ground truth


def locate(root: str | None) -> Path:
    """Return the folder given: this data set is not downloaded."""
    if root is None:
        raise ValueError("root: missing: name the folder that holds train/ in MOTChallenge layout")
    if not Path(root).is_dir():
        raise FileNotFoundError(f"root: {root}: no such folder")
    return Path(root)


def inputs(root: Path | None, sequence: str) -> list[Path]:
    """Return the label files that are there.

    Raises:
        FileNotFoundError: The sequence, its seqinfo.ini or its ground truth is missing; the message
            lists the sequences there are.
    """
    folder = _folder(root, sequence)
    needed = [info_path(folder), truth_path(folder)]
    for path in needed:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
    return needed + [path for path in [detections_path(folder)] if path.is_file()]


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence, its images where they are."""
    _, truth, *detections = inputs(root, sequence)
    info = read_info(_folder(root, sequence))
    images = str(info.images.resolve()) if info.images.is_dir() else None
    return Prepared(
        Sequence(dataset, sequence, info.extent, info.frame_rate, images=images, root=str(root)),
        mot_text.read_tracks(truth, info.extent, "truth"),
        mot_text.read_tracks(detections[0], info.extent) if detections else None,
    )


def _folder(root: Path | None, sequence: str) -> Path:
    assert root is not None
    if (root / _SPLIT / sequence).is_dir():
        return root / _SPLIT / sequence
    known = sorted(path.name for path in (root / _SPLIT).glob("*/"))
    raise FileNotFoundError(f"{root}: no sequence {sequence!r}: found {known}")
