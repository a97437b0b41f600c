"""Pictures of a sequence and what is in them, in files that the page loads when they are asked for.

The page is opened from a disk, where a browser lets it load images and scripts, and nothing else:
objects are a script that hands them over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from datasets.media.frames import read_frames
from datasets.sequences.same_sequence import check_extent
from datasets.types import Extent, Sequence, Tracks
from reports.gallery.smaller import shrink

_LONGEST_SIDE = 480  # pixels
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 70]
FILES = ("*.jpg", "*.js", "*.json")  # what a folder of media consists of
_TENTHS = 10  # a corner is kept to a tenth of a pixel


def picture_size(extent: Extent) -> tuple[int, int]:
    """Return the height and width of a sequence's pictures: its images', or smaller."""
    scale = min(1.0, _LONGEST_SIDE / max(extent.height, extent.width, 1))
    return max(1, round(extent.height * scale)), max(1, round(extent.width * scale))


def picture_path(folder: Path, frame: int) -> Path:
    """Return where the picture of a frame is."""
    return folder / f"{frame:06}.jpg"


def write_pictures(folder: Path, sequence: Sequence) -> None:
    """Write a small JPEG of each frame into a folder; nothing of a sequence without images.

    Raises:
        FileNotFoundError: There is no such image folder or video file.
        ValueError: A frame cannot be decoded, or has not the size it should have.
    """
    if sequence.images is None:
        return
    height, width = picture_size(sequence.extent)
    for index, image in enumerate(read_frames(Path(sequence.images), sequence.extent)):
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        ok, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), _QUALITY)
        assert ok
        picture_path(folder, index).write_bytes(data.tobytes())


def write_objects(path: Path, sequence: Sequence, variant: str | None, tracks: Tracks) -> None:
    """Write the script that hands the objects of a sequence to the page.

    Args:
        variant: Whose they are; None for the truth.

    Raises:
        ValueError: They are of another image size or length than the sequence.
    """
    check_extent(f"{sequence.name}, {variant or 'truth'}", tracks.extent, sequence.extent)
    names = {"dataset": sequence.dataset, "sequence": sequence.name, "variant": variant}
    content = json.dumps(names | describe_objects(tracks), separators=(",", ":"))
    path.write_text(f"bench.media.add({content});\n")


def describe_objects(tracks: Tracks) -> dict[str, Any]:
    """Return tracks as JSON types, in pixels of the pictures.

    `first` is the row at which each frame begins, and the number of rows; `box` holds four tenths
    of pixels a row: left, top, right, bottom; `class` a place in `classes` a row, where there are
    several.
    """
    extent = tracks.extent
    height, width = picture_size(extent)
    scale = np.array([width / extent.width, height / extent.height] * 2) * _TENTHS
    frames = np.arange(extent.frame_count + 1)
    content = {
        "height": height,
        "width": width,
        "first": np.searchsorted(tracks.frame, frames).tolist(),
        "track": tracks.track.tolist(),
        "box": (tracks.box * scale).round().astype(np.int64).ravel().tolist(),
    }
    if len(extent.classes) > 1:
        keys = sorted(extent.classes)
        content["classes"] = [extent.classes[key] for key in keys]
        content["class"] = np.searchsorted(keys, tracks.class_id).tolist()
    if tracks.rle is not None:
        small = shrink(tracks.rle, height, width)
        content["rle"] = [counts.decode("ascii") for counts in small.runs]
    return content
