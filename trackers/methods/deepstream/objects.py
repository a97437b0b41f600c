"""Read the objects that `probe.py` writes as tracks with masks; the format is described there."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.errors import RowError, line_error
from datasets.io.text_lines import number_lines, read_text
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import Extent, Tracks
from trackers.methods.deepstream.dump import class_of
from trackers.sam2.policies import non_overlapping_masks

_UNTRACKED = 2**64 - 1  # DeepStream's identity of an object without a track
_MAX_EXACT_INTEGER = 2**53  # other formats cannot hold identities beyond it
_MAX_LINE_BYTES = 1 << 30
_OBJECT = frozenset({"id", "label", "confidence", "box", "mask"})
_MASK = frozenset({"left", "top", "height", "width", "bits"})


@dataclass(frozen=True)
class _Frame:
    """A line: the frame that it is of, and its objects."""

    number: int
    objects: list[dict[str, Any]]


def read_objects(path: Path, extent: Extent, overlap: str = "none") -> Tracks:
    """Return the tracks of a run, with a mask in each row.

    An object for which the tracker gave no mask has an empty one, as has an object that lost all
    pixels to others; how many there are is printed to standard error.

    Args:
        overlap: Which object gets a pixel of several masks, see the options.

    Raises:
        OSError: The file does not exist.
        ValueError: A line is malformed, is not of the expected frame, or names a class that the
            sequence does not have; frames are missing. Names file and line.
    """
    frames = list(_read_frames(path, extent))
    if len(frames) != extent.frame_count:
        expected = f"expected a line for each of {extent.frame_count} frames"
        raise ValueError(f"{path}: {expected}, found {len(frames)}")
    runs: list[bytes] = []
    for frame in frames:
        masks = _masks(path, frame, extent)
        score = np.array([each["confidence"] for each in frame.objects])
        best = np.zeros(masks.shape[1:], np.int64)
        runs += coco_rle.encode(non_overlapping_masks(overlap, masks, best, score)).runs
    _report_empty(frames, Masks(tuple(runs), extent.height, extent.width))
    return _tracks(path, frames, runs, extent)


def _read_frames(path: Path, extent: Extent) -> Iterator[_Frame]:
    for expected, (number, line) in enumerate(number_lines(read_text(path, _MAX_LINE_BYTES))):
        try:
            content = json.loads(line)
            frame = _Frame(content["frame"], list(content["objects"]))
            if frame.number != expected:
                raise ValueError(f"expected frame {expected}, found {frame.number}")
            for each in frame.objects:
                _check_keys("object", each, _OBJECT)
                each["class_id"] = class_of(each["label"], extent)
                each["id"] = _identity(each["id"])
        except (ValueError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, ValueError) else f"malformed: {error!r}"
            raise line_error(path, number, reason) from error
        yield frame


def _check_keys(name: str, content: Mapping[str, Any], keys: frozenset[str]) -> None:
    if content.keys() != keys:
        raise ValueError(f"{name}: expected the keys {sorted(keys)}, found {sorted(content)}")


def _identity(number: int) -> int:
    """Return an identity, or raise ValueError if it is missing or has no exact float64."""
    if number == _UNTRACKED:
        raise ValueError("expected an identity in each row, found none")
    if not 0 <= number < _MAX_EXACT_INTEGER:
        raise ValueError(
            f"identity: expected a number below 2^53, found {number}: leave "
            "tracker.TrajectoryManagement.useUniqueID at 0"
        )
    return number


def _masks(path: Path, frame: _Frame, extent: Extent) -> np.ndarray:
    """Return the masks of a frame, (K, height, width) bool, cut off at its border."""
    masks = np.zeros((len(frame.objects), extent.height, extent.width), bool)
    for mask, each in zip(masks, frame.objects, strict=True):
        if each["mask"] is not None:
            try:
                _check_keys("mask", each["mask"], _MASK)
                _paste(mask, **each["mask"])
            except (ValueError, TypeError) as error:
                raise line_error(path, frame.number + 1, str(error)) from error
    return masks


def _paste(mask: np.ndarray, left: int, top: int, height: int, width: int, bits: str) -> None:
    """Set the pixels of a rectangle, which may extend beyond the frame."""
    data = np.frombuffer(base64.b64decode(bits, validate=True), np.uint8)
    expected = -(-height * width // 8)
    if len(data) != expected:
        raise ValueError(f"mask: bits: expected {expected} bytes, found {len(data)}")
    pixels = np.unpackbits(data, count=height * width).reshape(height, width).astype(bool)
    (first, last), (begin, end) = (
        np.clip([start, start + size], 0, limit)
        for start, size, limit in ((top, height, mask.shape[0]), (left, width, mask.shape[1]))
    )
    mask[first:last, begin:end] = pixels[first - top : last - top, begin - left : end - left]


def _report_empty(frames: Many[_Frame], masks: Masks) -> None:
    """Print how many objects have no mask and how many have an empty one, if there are any."""
    missing = sum(each["mask"] is None for frame in frames for each in frame.objects)
    empty = int((masks.areas == 0).sum())
    if empty:
        print(
            f"{empty} of {len(masks)} masks are empty; the tracker gave none for {missing}",
            file=sys.stderr,
        )


def _tracks(path: Path, frames: Many[_Frame], runs: Many[bytes], extent: Extent) -> Tracks:
    rows = [(frame.number, each) for frame in frames for each in frame.objects]
    try:
        return Tracks(
            extent,
            frame=np.array([frame for frame, _ in rows], np.int64),
            track=np.array([each["id"] for _, each in rows], np.int64),
            class_id=np.array([each["class_id"] for _, each in rows], np.int64),
            score=np.array([each["confidence"] for _, each in rows], np.float64),
            box=np.array([each["box"] for _, each in rows], np.float64).reshape(-1, 4),
            rle=Masks(tuple(runs), extent.height, extent.width),
        )
    except RowError as error:
        raise line_error(path, rows[error.row][0] + 1, error.reason) from error
