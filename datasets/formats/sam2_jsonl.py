"""Read and write the JSON lines of the SAM2 multi-object video tracker, tracked_detections.jsonl.

Source: SAM2Tracking.py of that tool. A line is one image: `fileName`, and under `prelabels` of each
object `name`, `uid`, `type` "rect" and `points`, the corners of its box clockwise from top left.
The far corner is the last pixel inside. Lines come in any order, images without objects have none,
and there are no scores, masks or frame numbers.

Which frame a line is of is told by its file name. If the stems of all names are whole numbers, as
`00012` of `00012.jpg`, they count frames, from that of the first image; a frame without a line is
then a gap, and stays one. Other names are in alphabetical order, which tells the frame only if
every frame has a line. Objects are numbered from 1 in the order they appear in time.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from datasets.io.errors import RowError, line_error
from datasets.io.files import replacing
from datasets.io.text_lines import read_lines
from datasets.types import NO_TRACK, Extent, Tracks

_PAST = np.array([0, 0, 1, 1])  # from the last pixel inside to the far corner
_LARGEST = len("2147483647")  # digits of a stem


@dataclass(frozen=True)
class _Object:
    """One object in one image.

    Args:
        number: Of its line, from one.
        corner: (4,) left, top, right, bottom, the far corner inclusive.
    """

    number: int
    name: str
    uid: str
    corner: tuple[float, ...]


@dataclass(frozen=True)
class _Image:
    """One line."""

    number: int
    name: str
    objects: list[_Object]


def list_names(path: Path) -> list[str]:
    """Return the class names of a file, sorted; raises as `read_tracks` does."""
    return sorted({each.name for image in _read_images(path) for each in image.objects})


def read_tracks(path: Path, extent: Extent, *, first_frame: int = 0) -> Tracks:
    """Return the boxes of a file, with score 1.

    Args:
        extent: Its classes are the names.
        first_frame: Number in the name of the first image; only where stems are whole numbers.

    Raises:
        ValueError: A line is not JSON or lacks something, an image has two lines, a box is no
            rectangle, a name is unknown, or a rule of Tracks is broken: names file and line. Or
            names that are no numbers leave open which frame a line is of.
    """
    images = _read_images(path)
    frames = _frames(path, images, extent.frame_count, first_frame)
    pairs = sorted(zip(frames, images, strict=True), key=lambda pair: pair[0])
    objects = [each for _, image in pairs for each in image.objects]
    identity = {uid: n for n, uid in enumerate(dict.fromkeys(each.uid for each in objects), 1)}
    try:
        corners = np.array([each.corner for each in objects], float).reshape(-1, 4)
        return Tracks(
            extent,
            frame=np.array([frame for frame, image in pairs for _ in image.objects], np.int64),
            track=np.array([identity[each.uid] for each in objects], np.int64),
            class_id=_class_ids(objects, extent),
            score=np.ones(len(objects)),
            box=corners + _PAST,
        )
    except RowError as error:
        raise line_error(path, objects[error.row].number, error.reason) from error


def write_tracks(path: Path, tracks: Tracks, images: Many[str] | None = None) -> None:
    """Write a line a frame that has objects.

    Scores, masks, visibility and areas are lost, and so are rows without identity.

    Args:
        images: Name of each frame's image; 000000.jpg and so on if not given.

    Raises:
        ValueError: There are not as many images as frames.
    """
    count = tracks.extent.frame_count
    if images is not None and len(images) != count:
        raise ValueError(f"{path}: not written: {len(images)} images found for {count} frames")
    named = np.flatnonzero(tracks.track != NO_TRACK)
    ends = np.flatnonzero(np.diff(tracks.frame[named])) + 1
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        for rows in np.split(named, ends) if len(named) else []:
            labels = [_write_object(tracks, row) for row in rows.tolist()]
            frame = int(tracks.frame[rows[0]])
            name = f"{frame:06}.jpg" if images is None else images[frame]
            line = {"fileName": name, "prelabels": labels}
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")


def _write_object(tracks: Tracks, row: int) -> dict[str, Any]:
    return {
        "name": tracks.extent.classes[int(tracks.class_id[row])],
        "uid": str(uuid.UUID(int=int(tracks.track[row]) % 2**128)),
        "type": "rect",
        "points": [{"x": x, "y": y} for x, y in _corners(*_inclusive(tracks.box[row]).tolist())],
    }


def _inclusive(box: np.ndarray) -> np.ndarray:
    """Return a box with its last pixels for a far corner, which read back not before the near."""
    last = box[2:] - 1
    return np.append(box[:2], np.where(last + 1 < box[:2], np.nextafter(last, np.inf), last))


def _corners(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """Return the corners of a box, clockwise from top left."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _read_images(path: Path) -> list[_Image]:
    """Return the lines in their order; ValueError names file and line."""
    images: dict[str, _Image] = {}
    for line, number in zip(*read_lines(path), strict=True):
        try:
            image = _read_image(line, number)
            if image.name in images:
                first = images[image.name].number
                raise ValueError(f"{image.name} appears twice, first in line {first}")
        except (ValueError, RecursionError) as error:
            text = line.decode(errors="replace")
            raise line_error(path, number, str(error), text) from error
        images[image.name] = image
    return list(images.values())


def _read_image(line: bytes, number: int) -> _Image:
    try:
        # whole numbers as doubles: one of a million digits is infinite, not an endless conversion
        content = json.loads(line, parse_int=float, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON: {error.msg}, column {error.colno}") from error
    name, labels = _entry(content, "fileName", str), _entry(content, "prelabels", list)
    objects = [_read_object(label, number) for label in labels]
    (uid, times), *_ = Counter(each.uid for each in objects).most_common(1) or [("", 0)]
    if times > 1:
        raise ValueError(f"uid {uid!r} appears {times} times")
    return _Image(number, name, objects)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} found where a number was expected")


def _read_object(content: Any, number: int) -> _Object:
    kind = _entry(content, "type", str)
    if kind != "rect":
        raise ValueError(f"type {kind!r} found, expected 'rect'")
    points = _entry(content, "points", list)
    found = [(_entry(point, "x", float), _entry(point, "y", float)) for point in points]
    if len(found) != len(_corners(0, 0, 0, 0)):
        raise ValueError(f"{len(found)} points found, expected the 4 corners of a box")
    (left, top), (right, bottom) = found[0], found[2]
    if found != _corners(left, top, right, bottom):
        raise ValueError(f"points {found} are no rectangle, clockwise from top left")
    name, uid = _entry(content, "name", str), _entry(content, "uid", str)
    return _Object(number, name, uid, (left, top, right, bottom))


def _entry(content: Any, key: str, kind: type) -> Any:
    """Return what an object holds under a key; ValueError if it is not of a kind."""
    if not isinstance(content, dict) or key not in content:
        found = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"an object with the key {key!r} expected, found {found}")
    if not isinstance(content[key], kind):
        expected = {str: "text", list: "a list", float: "a number"}[kind]
        raise ValueError(f"{key}: {str(content[key])[:40]!r} found, expected {expected}")
    return content[key]


def _frames(path: Path, images: Many[_Image], frame_count: int, first_frame: int) -> list[int]:
    """Return the frame of each image."""
    stems = [PurePosixPath(image.name).stem for image in images]
    if all(stem.isascii() and stem.isdigit() and len(stem) <= _LARGEST for stem in stems):
        frames = [int(stem) - first_frame for stem in stems]
        _check_frames(path, images, frames, frame_count)
        return frames
    if len(images) != frame_count:
        raise ValueError(
            f"{path}: file names are no whole numbers, and {len(images)} of {frame_count} frames "
            "have a line: which frame each is cannot be known"
        )
    order = {name: frame for frame, name in enumerate(sorted(image.name for image in images))}
    return [order[image.name] for image in images]


def _check_frames(
    path: Path, images: Iterable[_Image], frames: Iterable[int], frame_count: int
) -> None:
    """Raise ValueError for an image that is beyond the sequence, or the second of a frame."""
    seen: dict[int, str] = {}
    for image, frame in zip(images, frames, strict=True):
        if not 0 <= frame < frame_count:
            reason = f"{image.name} is frame {frame} (from 0), expected 0 .. {frame_count - 1}"
            raise line_error(path, image.number, reason)
        if frame in seen:
            reason = f"{image.name} is frame {frame} (from 0), and so is {seen[frame]}"
            raise line_error(path, image.number, reason)
        seen[frame] = image.name


def _class_ids(objects: Many[_Object], extent: Extent) -> np.ndarray:
    ids = {name: key for key, name in extent.classes.items()}
    for row, each in enumerate(objects):
        if each.name not in ids:
            raise RowError(row, f"name {each.name!r} found, expected one of {sorted(ids)}")
    return np.array([ids[each.name] for each in objects], np.int64)
