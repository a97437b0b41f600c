"""DAVIS 2016 or 2017, read in place: masks of objects without classes, as indexed PNG files.

`<root>/Annotations/480p/<sequence>/00000.png` and `<root>/JPEGImages/480p/<sequence>/00000.jpg`, or
as set by the options.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from datasets.formats import davis_png
from datasets.io.files import existing_folder
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.sequences.sequence_json import Prepared
from datasets.types import Sequence, Tracks

_FRAME_RATE = 24  # of most of its videos; scores do not depend on it
_ANNOTATIONS, _IMAGES = "Annotations/480p/{sequence}", "JPEGImages/480p/{sequence}"


def locate(root: str | None) -> Path:
    """Return the folder of the data set, which is not downloaded."""
    return existing_folder(root, "Annotations/")


def inputs(
    root: Path | None, sequence: str, *, annotations: str = _ANNOTATIONS, **options: object
) -> list[Path]:
    """Return the label images; FileNotFoundError if there is no such folder."""
    return davis_png.list_frames(_place(root, annotations, sequence))


def read(
    dataset: str,
    root: Path | None,
    sequence: str,
    folder: Path,
    *,
    annotations: str = _ANNOTATIONS,
    images: str = _IMAGES,
    size: Many[int] | None = None,
) -> Prepared:
    """Return one sequence, with its images in place.

    Args:
        annotations: Folder of the label images below the root; `{sequence}` is replaced.
        images: Folder of the images, or the video.
        size: Height and width that masks are resized to (nearest neighbour), if the results to
            score differ in size from the labels.
    """
    truth = davis_png.read_tracks(_place(root, annotations, sequence))
    if size is not None:
        truth = _resized(truth, *size)
    source = _place(root, images, sequence)
    used = str(source.resolve()) if source.exists() and size is None else None
    found = Sequence(dataset, sequence, truth.extent, _FRAME_RATE, images=used, root=str(root))
    return Prepared(found, truth)


def _place(root: Path | None, template: str, sequence: str) -> Path:
    assert root is not None
    return root / template.replace("{sequence}", sequence)


def _resized(tracks: Tracks, height: int, width: int) -> Tracks:
    """Return the tracks with resized masks, without those that become empty."""
    assert tracks.rle is not None
    runs: list[bytes] = []
    for row in range(len(tracks)):
        mask = coco_rle.decode(tracks.rle.take(np.array([row])))[0].astype(np.uint8)
        resized = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
        runs += coco_rle.encode(resized[None]).runs
    masks = Masks.read(runs, height, width)
    extent = replace(tracks.extent, height=height, width=width)
    return replace(tracks, extent=extent, box=masks.boxes, rle=masks).take(masks.areas > 0)
