"""The file that describes one prepared sequence, `data/<dataset>/<sequence>/sequence.json`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from datasets.formats import parquet
from datasets.formats.extent_json import extent_from_json, extent_to_json
from datasets.formats.json_records import show
from datasets.io.errors import shorten
from datasets.io.files import read_json, sha256, sha256_of, write_json
from datasets.run_layout import DETECTIONS, PROMPTS, TRUTH
from datasets.sequences.prompts import first_visible
from datasets.types import Sequence, Tracks

SCHEMA_VERSION = 2
_TEXT = (str, "text")
_TEXT_OR_NONE = ((str, NoneType), "text or null")
_KINDS: dict[str, tuple[Any, str]] = {
    "dataset": _TEXT,
    "name": _TEXT,
    "extent": (dict, "an object"),
    "frame_rate": ((int, float), "a number"),
    "images": _TEXT_OR_NONE,
    "root": _TEXT_OR_NONE,
    "sha256": (dict, "an object"),
}
_FASTEST = 1e6  # frames per second
IMAGES = "images"  # in `sha256`: the folder or video


@dataclass(frozen=True)
class Prepared:
    """A sequence with its labels.

    Args:
        truth: Ground truth; None of a sequence that nobody labelled.
        detections: Public detections, without identities; None where the data set has none.
        prompts: The objects to follow, see `datasets/sequences/prompts.py`; None for those of the
            truth, each from the first frame in which it is visible.
    """

    sequence: Sequence
    truth: Tracks | None
    detections: Tracks | None = None
    prompts: Tracks | None = None


def write_prepared(path: Path, prepared: Prepared) -> None:
    """Write labels beside `path`, then `path` itself: when it is there, everything is."""
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
    content = {"schema_version": SCHEMA_VERSION, **asdict(prepared.sequence), "extent": extent}
    write_json(path, content | {"sha256": files})


@dataclass(frozen=True)
class PreparedSequence:
    """A prepared sequence whose sequence.json was read, once.

    Args:
        path: That file.
        sequence: What it describes; a relative image path is taken from its folder.
        sha256: Of the files beside it, by name, and of IMAGES where they were there.
    """

    path: Path
    sequence: Sequence
    sha256: Mapping[str, str]

    def digests(self, names: Collection[str]) -> dict[str, str]:
        """Return the SHA-256 of what was prepared, of these names: TRUTH, ... and IMAGES.

        What there is none of is left out. Images are those of then; of now where no digest was
        written.
        """
        found = {name: digest for name, digest in self.sha256.items() if name in names}
        if IMAGES in names and IMAGES not in found:
            return found | _digest_images(self.path, self.sequence)
        return found

    def detections(self) -> Tracks | None:
        """Return the public detections, None if there are none.

        Raises:
            ValueError: The file is missing, or is not the one that was prepared.
        """
        return self._labels(DETECTIONS)

    def prompts(self) -> Tracks | None:
        """Return the objects to follow, None if nothing names them; raises as `detections`."""
        return self._labels(PROMPTS)

    def _labels(self, name: str) -> Tracks | None:
        digest = self.sha256.get(name)
        if digest is None:
            return None
        file = self.path.with_name(name)
        if not file.is_file() or sha256(file) != digest:
            found = "has changed since" if file.is_file() else "is missing though"
            raise ValueError(
                f"{file}: {found} {self.path.name} was written: remove that one and run again"
            )
        return parquet.read_tracks(file)


def open_sequence(path: Path) -> PreparedSequence:
    """Return the prepared sequence that a file describes.

    Raises:
        ValueError: Not JSON, another schema version, or a key is missing or not what it should be.
            Names the file.
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
        raise ValueError(f"{path}: {show(content)} found, expected an object")
    found = content.get("schema_version")
    if found != SCHEMA_VERSION:
        raise ValueError(f"{path}: schema version {show(found)} found, expected {SCHEMA_VERSION}")
    missing = _KINDS.keys() - content.keys()
    if missing:
        raise ValueError(f"{path}: keys missing: {sorted(missing)}")
    for key, (kinds, expected) in _KINDS.items():
        if not isinstance(content[key], kinds) or isinstance(content[key], bool):
            raise ValueError(f"{path}, {key}: {show(content[key])} found, expected {expected}")
    if not 0 < content["frame_rate"] < _FASTEST:
        rate = show(content["frame_rate"])
        raise ValueError(f"{path}, frame_rate: {rate} found, expected more than 0")
    return content
