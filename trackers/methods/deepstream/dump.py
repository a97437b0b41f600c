"""Read the KITTI dump of deepstream-app as tracks of a sequence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datasets.formats import kitti_dump
from datasets.types import Extent, Tracks
from trackers.parts.class_names import synonyms
from trackers.parts.result_files import check_identities

_STREAM = "00_000"


def read_dump(folder: Path, extent: Extent) -> Tracks:
    """Return the tracks in the container's dump, with the class ids of the sequence.

    Raises:
        ValueError: A label is not a class of the sequence, an object has no identity, or a file is
            malformed.
    """
    labels = kitti_dump.list_labels(folder)
    classes = {class_of(label, extent): label for label in labels}
    tracks = kitti_dump.read_tracks(folder, _STREAM, replace(extent, classes=classes))
    check_identities(folder, tracks)
    return replace(tracks, extent=extent)


def class_of(label: str, extent: Extent) -> int:
    """Return the class id of a label of the detector.

    Raises:
        ValueError: The label is not a class of the sequence.
    """
    for class_id, name in extent.classes.items():
        if name in synonyms(label):
            return class_id
    known = sorted(extent.classes.values())
    raise ValueError(f"label: expected a class of the sequence, one of {known}, found {label!r}")
