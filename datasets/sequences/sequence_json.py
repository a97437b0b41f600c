"""The file that describes one prepared sequence, `data/<dataset>/<sequence>/sequence.json`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Any

from datasets.formats import parquet
from datasets.formats.extent_json import extent_from_json, extent_to_json
from datasets.io.errors import shorten
from datasets.io.file_stamp import FileStamp, stamp_file
from datasets.io.files import read_json, sha256, sha256_of, write_json
from datasets.records.columns import show
from datasets.run_layout import DETECTIONS, PROMPTS, TRUTH
from datasets.sequences.prompts import first_visible
from datasets.types import Extent, Sequence, Tracks

SCHEMA_VERSION = 2
_STRING = (str, "a string")
_STRING_OR_NULL = ((str, NoneType), "a string or null")
_KINDS: dict[str, tuple[Any, str]] = {
    "dataset": _STRING,
    "name": _STRING,
    "extent": (dict, "an object"),
    "frame_rate": ((int, float), "a number"),
    "images": _STRING_OR_NULL,
    "root": _STRING_OR_NULL,
    "sha256": (dict, "an object"),
}
_OPTIONAL: dict[str, tuple[Any, str]] = {
    "timestamps": (list, "a list"),
    "damaged": (list, "a list"),
    "video": (dict, "an object"),
}
_MAX_FRAME_RATE = 1e6  # frames per second
IMAGES = "images"  # key of the image folder or video in `sha256`


@dataclass(frozen=True)
class Prepared:
    """A sequence with its labels.

    Args:
        truth: Ground truth; None for a sequence without labels.
        detections: Public detections, without identities; None where the data set has none.
        prompts: Objects to track, see `datasets/sequences/prompts.py`; by default those of the
            ground truth, each from the first frame in which it is visible.
    """

    sequence: Sequence
    truth: Tracks | None
    detections: Tracks | None = None
    prompts: Tracks | None = None


def write_prepared(path: Path, prepared: Prepared) -> None:
    """Write the labels beside `path`, then `path` itself, whose existence marks completion."""
    truth, prompts = prepared.truth, prepared.prompts
    if prompts is None and truth is not None:
        prompts = first_visible(truth)
    files = {}
    labels = {TRUTH: truth, DETECTIONS: prepared.detections, PROMPTS: prompts}
    for name, tracks in labels.items():
        if tracks is not None:
            parquet.write_tracks(path.with_name(name), tracks)
            files[name] = sha256(path.with_name(name))
    files |= _digest_images(path, prepared.sequence)
    extent = extent_to_json(prepared.sequence.extent)
    about = asdict(prepared.sequence) | _stamp(path, prepared.sequence, files)
    content = {key: value for key, value in about.items() if key in _KINDS or value is not None}
    content = {"schema_version": SCHEMA_VERSION, **content, "extent": extent}
    write_json(path, content | {"sha256": files})


def _stamp(path: Path, sequence: Sequence, digests: Mapping[str, str]) -> dict[str, Any]:
    """Return the key of a video file's size and time of modification; nothing for a folder."""
    images = None if sequence.images is None else path.parent / sequence.images
    if images is None or not images.is_file():
        return {"video": None}
    stamp = stamp_file(images, digests[IMAGES])
    return {"video": {"size": stamp.size, "mtime_ns": stamp.mtime_ns}}


@dataclass(frozen=True)
class PreparedSequence:
    """A prepared sequence, with the content of its sequence.json.

    Args:
        path: Path of sequence.json.
        sequence: The sequence it describes; a relative image path is resolved from its folder.
        sha256: Digests of the files beside it, by name, and of IMAGES if they existed.
    """

    path: Path
    sequence: Sequence
    sha256: Mapping[str, str]

    def digests(self, names: Collection[str]) -> dict[str, str]:
        """Return the recorded SHA-256 digests of these names: TRUTH, ... and IMAGES.

        Absent files are left out. The digest of the images is computed if none was recorded.
        """
        found = {name: digest for name, digest in self.sha256.items() if name in names}
        if IMAGES in names and IMAGES not in found:
            return found | _digest_images(self.path, self.sequence)
        return found

    def detections(self) -> Tracks | None:
        """Return the public detections, None if there are none.

        Raises:
            ValueError: The file is missing or has changed since the sequence was prepared.
        """
        return self._labels(DETECTIONS)

    def prompts(self) -> Tracks | None:
        """Return the objects to track, None if there are no prompts; raises as `detections`."""
        return self._labels(PROMPTS)

    def _labels(self, name: str) -> Tracks | None:
        digest = self.sha256.get(name)
        if digest is None:
            return None
        file = self.path.with_name(name)
        if not file.is_file() or sha256(file) != digest:
            reason = "it has changed since" if file.is_file() else "it is missing although"
            raise ValueError(
                f"{file}: {reason} {self.path.name} was written: remove {self.path.name} "
                "and run again"
            )
        return parquet.read_tracks(file)


def open_sequence(path: Path) -> PreparedSequence:
    """Return the prepared sequence that a file describes.

    Raises:
        ValueError: The file is not JSON, has another schema version, or a key is missing or
            invalid. Names the file.
    """
    content = _read(path)
    images = content["images"]
    try:
        extent = extent_from_json(content["extent"])
    except ValueError as error:
        raise ValueError(f"{path}, extent: {shorten(str(error))}") from error
    sequence = Sequence(
        dataset=content["dataset"],
        name=content["name"],
        extent=extent,
        frame_rate=content["frame_rate"],
        images=None if images is None else str(path.parent / images),
        root=content["root"],
        timestamps=_timestamps(f"{path}, timestamps", content.get("timestamps"), extent),
        damaged=_frames(f"{path}, damaged", content.get("damaged"), extent),
        video=_read_stamp(path, content),
    )
    return PreparedSequence(path, sequence, content["sha256"])


def read_sequence(path: Path) -> Sequence:
    """Return the sequence that a file describes; raises as `open_sequence`."""
    return open_sequence(path).sequence


def _digest_images(path: Path, sequence: Sequence) -> dict[str, str]:
    images = None if sequence.images is None else path.parent / sequence.images
    return {} if images is None or not images.exists() else {IMAGES: sha256_of(images)}


def _read(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected an object, found {show(content)}")
    found = content.get("schema_version")
    if found != SCHEMA_VERSION:
        raise ValueError(f"{path}: schema version: expected {SCHEMA_VERSION}, found {show(found)}")
    missing = _KINDS.keys() - content.keys()
    if missing:
        raise ValueError(f"{path}: missing keys: {sorted(missing)}")
    present = _KINDS | {key: kind for key, kind in _OPTIONAL.items() if key in content}
    for key, (kinds, expected) in present.items():
        if not isinstance(content[key], kinds) or isinstance(content[key], bool):
            raise ValueError(f"{path}, {key}: expected {expected}, found {show(content[key])}")
    if not 0 < content["frame_rate"] < _MAX_FRAME_RATE:
        rate = show(content["frame_rate"])
        raise ValueError(f"{path}, frame_rate: expected a number above 0, found {rate}")
    return content


def _timestamps(place: str, found: list[Any] | None, extent: Extent) -> tuple[float, ...] | None:
    """Return frame times; ValueError unless there is one per frame, from 0, and they increase."""
    if found is None:
        return None
    if not all(type(each) in (int, float) for each in found):
        raise ValueError(f"{place}: expected numbers, found {show(found)}")
    if len(found) != extent.frame_count:
        raise ValueError(f"{place}: expected {extent.frame_count} numbers, found {len(found)}")
    if found[:1] != [0] or not all(before < after for before, after in pairwise(found)):
        raise ValueError(f"{place}: expected increasing numbers from 0, found {show(found)}")
    return tuple(map(float, found))


def _frames(place: str, found: list[Any] | None, extent: Extent) -> tuple[int, ...] | None:
    """Return frame numbers; ValueError for one that is not in the extent."""
    for each in found or ():
        if type(each) is not int or not 0 <= each < extent.frame_count:
            expected = f"frame numbers below {extent.frame_count}"
            raise ValueError(f"{place}: expected {expected}, found {show(each)}")
    return None if found is None else tuple(found)


def _read_stamp(path: Path, content: Mapping[str, Any]) -> FileStamp | None:
    """Return the stamp of the video; ValueError if a number or the digest is missing."""
    found = content.get("video")
    if found is None:
        return None
    size, mtime, digest = found.get("size"), found.get("mtime_ns"), content["sha256"].get(IMAGES)
    if type(size) is not int or type(mtime) is not int or not isinstance(digest, str):
        expected = "whole numbers size and mtime_ns, and the digest of the images"
        raise ValueError(f"{path}, video: expected {expected}, found {show(found)}")
    return FileStamp(size, mtime, digest)
