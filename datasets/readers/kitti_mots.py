"""KITTI-MOTS, read in place: masks of cars and pedestrians, and KITTI's images.

`<root>/instances_txt/0002.txt` as in the MOTS tools; optionally images, in KITTI's own
`<root>/training/image_02/0002/`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets.formats import mots_text
from datasets.io.files import existing_folder
from datasets.sequences.kitti_sequences import benchmark_frame_count
from datasets.sequences.sequence_json import Prepared
from datasets.types import Sequence

_FRAME_RATE = 10  # of KITTI's cameras


def locate(root: str | None) -> Path:
    """Return the folder of the data set, which is not downloaded."""
    return existing_folder(root, "instances_txt/")


def inputs(root: Path | None, sequence: str, **options: Any) -> list[Path]:
    """Return the label file; FileNotFoundError lists the known sequences."""
    assert root is not None
    path = root / "instances_txt" / f"{sequence}.txt"
    if not path.is_file():
        known = sorted(each.stem for each in path.parent.glob("[!.]*.txt"))
        raise FileNotFoundError(f"{path}: no such file: expected one of the sequences {known}")
    return [path]


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence, with its images in place."""
    (path,) = inputs(root, sequence)
    assert root is not None
    truth = mots_text.read_tracks(path)
    if count := benchmark_frame_count(sequence, truth.extent.frame_count):
        truth = replace(truth, extent=replace(truth.extent, frame_count=count))
    images = root / "training" / "image_02" / sequence
    used = str(images.resolve()) if images.is_dir() else None
    found = Sequence(dataset, sequence, truth.extent, _FRAME_RATE, images=used, root=str(root))
    return Prepared(found, truth)
