"""The file that describes one prepared sequence, `data/<dataset>/<sequence>/sequence.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datasets import parquet
from datasets.files import read_json, sha256, write_json
from datasets.types import Extent, Sequence, Tracks

SCHEMA_VERSION = 2
TRUTH, DETECTIONS = "truth.parquet", "detections.parquet"


@dataclass(frozen=True)
class Prepared:
    """A sequence with its labels.

    Args:
        truth: Ground truth.
        detections: Public detections, without identities; None where the data set has none.
    """

    sequence: Sequence
    truth: Tracks
    detections: Tracks | None = None


def write_prepared(path: Path, prepared: Prepared) -> None:
    """Write labels beside `path`, then `path` itself: when it is there, everything is."""
    parquet.write_tracks(path.with_name(TRUTH), prepared.truth)
    files = {TRUTH: sha256(path.with_name(TRUTH))}
    if prepared.detections is not None:
        parquet.write_tracks(path.with_name(DETECTIONS), prepared.detections)
        files[DETECTIONS] = sha256(path.with_name(DETECTIONS))
    content = asdict(prepared.sequence)
    write_json(path, {"schema_version": SCHEMA_VERSION, **content, "sha256": files})


def read_sequence(path: Path) -> Sequence:
    """Return the sequence a file describes; a relative image path is taken from its folder.

    Raises:
        ValueError: Not JSON, another schema version, or a key is missing. Names the file.
    """
    content = _read(path)
    images = content["images"]
    return Sequence(
        dataset=content["dataset"],
        name=content["name"],
        extent=_extent(content["extent"]),
        frame_rate=content["frame_rate"],
        images=None if images is None else str(path.parent / images),
        root=content["root"],
    )


def read_detections(path: Path) -> Tracks | None:
    """Return the public detections of the sequence described by `path`, None if it has none.

    Raises:
        ValueError: The file is missing, or is not the one that was prepared.
    """
    digest = _read(path)["sha256"].get(DETECTIONS)
    if digest is None:
        return None
    file = path.with_name(DETECTIONS)
    if not file.is_file() or sha256(file) != digest:
        found = "has changed since" if file.is_file() else "is missing though"
        raise ValueError(f"{file}: {found} {path.name} was written: remove that one and run again")
    return parquet.read_tracks(file)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = read_json(path)
    found = content.get("schema_version")
    if found != SCHEMA_VERSION:
        raise ValueError(f"{path}: schema version {found} found, expected {SCHEMA_VERSION}")
    expected = {"dataset", "name", "extent", "frame_rate", "images", "root", "sha256"}
    missing = expected - content.keys()
    if missing:
        raise ValueError(f"{path}: keys missing: {sorted(missing)}")
    return content


def _extent(content: dict[str, Any]) -> Extent:
    classes = {int(key): name for key, name in content["classes"].items()}
    return Extent(**{**content, "classes": classes, "ignored": tuple(content["ignored"])})
