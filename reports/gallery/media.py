"""Write pictures of a sequence and the objects in them to files that the page loads on demand.

A page opened from disk may load only images and scripts, so the objects are in a script that passes
them to the page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from datasets.media.frames import sequence_frames
from datasets.sequences.same_sequence import check_extent
from datasets.types import Extent, Sequence, Tracks
from reports.gallery.downscale_masks import downscale_masks

_MAX_SIDE = 480  # pixels
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 70]
FILES = ("*.jpg", "*.js", "*.json")  # files of a media folder
_TENTHS = 10  # corners are stored in tenths of a pixel


def picture_size(extent: Extent) -> tuple[int, int]:
    """Return the height and width of the pictures of a sequence, at most those of its images."""
    scale = min(1.0, _MAX_SIDE / max(extent.height, extent.width, 1))
    return max(1, round(extent.height * scale)), max(1, round(extent.width * scale))


def picture_path(folder: Path, frame: int) -> Path:
    """Return the path of the picture of a frame."""
    return folder / f"{frame:06}.jpg"


def write_pictures(folder: Path, sequence: Sequence) -> None:
    """Write a small JPEG of each frame into a folder; none for a sequence without images.

    Raises:
        FileNotFoundError: The image folder or video file does not exist.
        ValueError: A frame cannot be decoded or has an unexpected size.
    """
    if sequence.images is None:
        return
    height, width = picture_size(sequence.extent)
    for index, image in enumerate(sequence_frames(sequence)):
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        ok, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), _QUALITY)
        assert ok
        picture_path(folder, index).write_bytes(data.tobytes())


def write_objects(path: Path, sequence: Sequence, variant: str | None, tracks: Tracks) -> None:
    """Write the script that passes the objects of a sequence to the page.

    Args:
        variant: Name of the variant; None for the ground truth.

    Raises:
        ValueError: The tracks have another image size or length than the sequence.
    """
    check_extent(f"{sequence.name}, {variant or 'ground truth'}", tracks.extent, sequence.extent)
    names = {"dataset": sequence.dataset, "sequence": sequence.name, "variant": variant}
    content = json.dumps(names | describe_objects(tracks), separators=(",", ":"))
    path.write_text(f"bench.media.add({content});\n")


def describe_objects(tracks: Tracks) -> dict[str, Any]:
    """Return tracks as JSON types, in pixels of the pictures.

    `first` is the first row of each frame, followed by the number of rows; `box` has four numbers
    per row in tenths of a pixel: left, top, right, bottom; `class` is an index into `classes` per
    row, present if there are several.
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
        small = downscale_masks(tracks.rle, height, width)
        content["rle"] = [counts.decode("ascii") for counts in small.runs]
    return content
