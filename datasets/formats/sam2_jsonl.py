"""Read and write the JSON lines of the SAM2 multi-object video tracker, tracked_detections.jsonl.

Source: SAM2Tracking.py of that tool. A line describes one image: `fileName`, and under `prelabels`
for each object `name`, `uid`, `type` "rect" and `points`, the corners of its box clockwise from top
left. The far corner is the last pixel inside. Lines are in any order, images without objects have
none, and there are no scores, masks or frame numbers.

The frame of a line is derived from its file name. If the stems of all names are whole numbers, such
as `00012` of `00012.jpg`, they are frame numbers, counted from that of the first image, and a frame
without a line has no objects. Other names are sorted alphabetically, which determines the frame
only if every frame has a line. Objects are numbered from 1 in temporal order.
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

_PAST = np.array([0, 0, 1, 1])  # offset from the last pixel inside to the far corner
_MAX_STEM_DIGITS = len("2147483647")


@dataclass(frozen=True)
class _Object:
    """One object in one image.

    Args:
        number: Line number, from one.
        corner: (4,) left, top, right, bottom, with an inclusive far corner.
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
    """Return the sorted class names of a file; raises as `read_tracks` does."""
    return sorted({each.name for image in _read_images(path) for each in image.objects})


def read_tracks(path: Path, extent: Extent, *, first_frame: int = 0) -> Tracks:
    """Return the boxes of a file, with score 1.

    Args:
        extent: Extent whose classes are the object names.
        first_frame: Number in the name of the first image, if stems are whole numbers.

    Raises:
        ValueError: A line is not JSON or lacks a key, an image has two lines, a box is not a
            rectangle, a name is unknown, or a rule of Tracks is broken, which names file and line;
            or names that are not numbers leave the frames of lines ambiguous.
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
    """Write one line for each frame that has objects.

    Scores, masks, visibility, areas and rows without identity are dropped.

    Args:
        images: Image name of each frame; by default 000000.jpg and so on.

    Raises:
        ValueError: The numbers of images and frames differ.
    """
    count = tracks.extent.frame_count
    if images is not None and len(images) != count:
        raise ValueError(f"{path}: not written: expected {count} image names, found {len(images)}")
    named = np.flatnonzero(tracks.track != NO_TRACK)
    ends = np.flatnonzero(np.diff(tracks.frame[named])) + 1
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        for rows in np.split(named, ends) if len(named) else []:
            frame = int(tracks.frame[rows[0]])
            name = f"{frame:06}.jpg" if images is None else images[frame]
            file.write(format_line(name, tracks.take(rows)))


def format_line(image: str, rows: Tracks) -> str:
    """Return the line of one image, with its end of line.

    Args:
        image: Name of the image.
        rows: Its objects, all with an identity.
    """
    labels = [_write_object(rows, row) for row in range(len(rows))]
    content = {"fileName": image, "prelabels": labels}
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def _write_object(tracks: Tracks, row: int) -> dict[str, Any]:
    return {
        "name": tracks.extent.classes[int(tracks.class_id[row])],
        "uid": str(uuid.UUID(int=int(tracks.track[row]) % 2**128)),
        "type": "rect",
        "points": [{"x": x, "y": y} for x, y in _corners(*_inclusive(tracks.box[row]).tolist())],
    }


def _inclusive(box: np.ndarray) -> np.ndarray:
    """Return a box with an inclusive far corner, which never reads back before the near one."""
    last = box[2:] - 1
    return np.append(box[:2], np.where(last + 1 < box[:2], np.nextafter(last, np.inf), last))


def _corners(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """Return the corners of a box, clockwise from top left."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _read_images(path: Path) -> list[_Image]:
    """Return the images in order of their lines; ValueError names file and line."""
    images: dict[str, _Image] = {}
    for line, number in zip(*read_lines(path), strict=True):
        try:
            image = _read_image(line, number)
            if image.name in images:
                first = images[image.name].number
                raise ValueError(f"{image.name} already appears in line {first}")
        except (ValueError, RecursionError) as error:
            text = line.decode(errors="replace")
            raise line_error(path, number, str(error), text) from error
        images[image.name] = image
    return list(images.values())


def _read_image(line: bytes, number: int) -> _Image:
    try:
        # whole numbers are read as floats: converting a million digits to an int takes too long
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
    raise ValueError(f"expected a number, found {name}")


def _read_object(content: Any, number: int) -> _Object:
    kind = _entry(content, "type", str)
    if kind != "rect":
        raise ValueError(f"type: expected 'rect', found {kind!r}")
    points = _entry(content, "points", list)
    found = [(_entry(point, "x", float), _entry(point, "y", float)) for point in points]
    if len(found) != len(_corners(0, 0, 0, 0)):
        raise ValueError(f"points: expected the 4 corners of a box, found {len(found)} points")
    (left, top), (right, bottom) = found[0], found[2]
    if found != _corners(left, top, right, bottom):
        raise ValueError(f"points: expected a rectangle, clockwise from top left, found {found}")
    name, uid = _entry(content, "name", str), _entry(content, "uid", str)
    return _Object(number, name, uid, (left, top, right, bottom))


def _entry(content: Any, key: str, kind: type) -> Any:
    """Return the value of a key of an object; ValueError if it has another type."""
    if not isinstance(content, dict) or key not in content:
        found = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"expected an object with the key {key!r}, found {found}")
    if not isinstance(content[key], kind):
        expected = {str: "a string", list: "a list", float: "a number"}[kind]
        raise ValueError(f"{key}: expected {expected}, found {str(content[key])[:40]!r}")
    return content[key]


def _frames(path: Path, images: Many[_Image], frame_count: int, first_frame: int) -> list[int]:
    """Return the frame of each image."""
    stems = [PurePosixPath(image.name).stem for image in images]
    if all(stem.isascii() and stem.isdigit() and len(stem) <= _MAX_STEM_DIGITS for stem in stems):
        frames = [int(stem) - first_frame for stem in stems]
        _check_frames(path, images, frames, frame_count)
        return frames
    if len(images) != frame_count:
        raise ValueError(
            f"{path}: the frames of lines are ambiguous: file names are not whole numbers, and "
            f"only {len(images)} of {frame_count} frames have a line"
        )
    order = {name: frame for frame, name in enumerate(sorted(image.name for image in images))}
    return [order[image.name] for image in images]


def _check_frames(
    path: Path, images: Iterable[_Image], frames: Iterable[int], frame_count: int
) -> None:
    """Raise ValueError for an image beyond the sequence, or for a second image of a frame."""
    names: dict[int, str] = {}
    for image, frame in zip(images, frames, strict=True):
        if not 0 <= frame < frame_count:
            reason = f"expected frames 0 .. {frame_count - 1}, found {frame} for {image.name}"
            raise line_error(path, image.number, reason)
        if frame in names:
            reason = f"frame {frame} (from 0) has two images: {names[frame]} and {image.name}"
            raise line_error(path, image.number, reason)
        names[frame] = image.name


def _class_ids(objects: Many[_Object], extent: Extent) -> np.ndarray:
    ids = {name: key for key, name in extent.classes.items()}
    for row, each in enumerate(objects):
        if each.name not in ids:
            raise RowError(row, f"name: expected one of {sorted(ids)}, found {each.name!r}")
    return np.array([ids[each.name] for each in objects], np.int64)
