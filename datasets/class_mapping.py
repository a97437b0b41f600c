"""Tracks with renamed classes, or with the class ids of another format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from datasets.types import Extent, Tracks


def rename_classes(tracks: Tracks, names: Mapping[str, str]) -> Tracks:
    """Return tracks with renamed classes; classes which get the same name are merged.

    Raises:
        ValueError: Ignored and other classes would be merged.
    """
    extent = tracks.extent
    renamed = {key: names.get(name, name) for key, name in extent.classes.items()}
    first = {name: min(key for key in renamed if renamed[key] == name) for name in renamed.values()}
    ignored = {renamed[key] for key in extent.ignored}
    for key, name in renamed.items():
        if name in ignored and key not in extent.ignored:
            raise ValueError(f"class {name!r} would be both ignored and scored")
    return _with_classes(
        tracks,
        {key: first[name] for key, name in renamed.items()},
        {key: name for name, key in first.items()},
        tuple(sorted(first[name] for name in ignored)),
    )


def only_class(extent: Extent, name: str) -> Extent:
    """Return an extent with only one of its classes, for results which do not name theirs.

    Raises:
        ValueError: The extent has no such class.
    """
    keys = [key for key, each in extent.classes.items() if each == name]
    if not keys:
        known = [*extent.classes.values()]
        raise ValueError(f"expected a class among {known}, found {name!r}")
    return replace(extent, classes={keys[0]: name}, ignored=())


def fit_classes(tracks: Tracks, classes: Mapping[int, str], ignored: tuple[int, ...]) -> Tracks:
    """Return tracks whose classes are mapped to those of a format, by name.

    An ignored class without a counterpart becomes the format's own ignored class, if there is
    exactly one.

    Raises:
        ValueError: A row has a class which the format does not have.
    """
    extent = tracks.extent
    ids = {name: key for key, name in classes.items()}
    if len(ignored) == 1:
        ids = {extent.classes[key]: ignored[0] for key in extent.ignored} | ids
    used = np.unique(tracks.class_id).tolist()
    for key in used:
        if extent.classes[key] not in ids:
            name, known = extent.classes[key], list(classes.values())
            raise ValueError(f"expected a class among {known}, found {name!r}")
    return _with_classes(tracks, {key: ids[extent.classes[key]] for key in used}, classes, ignored)


def fit_extent(tracks: Tracks, extent: Extent, *, counted: bool) -> Tracks:
    """Return tracks with the image size and the number of frames of the ground truth.

    Args:
        counted: Whether the number of frames of `tracks` is known, rather than taken from the last
            frame that has a row.

    Raises:
        ValueError: The image size or the number of frames differs, or a row lies beyond the last
            frame.
    """
    for known, found, expected in (
        (tracks.extent.height > 0, _describe_size(tracks.extent), _describe_size(extent)),
        (counted, f"{tracks.extent.frame_count} frames", f"{extent.frame_count} frames"),
    ):
        if known and found != expected:
            raise ValueError(f"expected {expected} as in the ground truth, found {found}")
    within = replace(extent, classes=tracks.extent.classes, ignored=tracks.extent.ignored)
    return replace(tracks, extent=within)


def _describe_size(extent: Extent) -> str:
    return f"images of {extent.height} x {extent.width}"


def _with_classes(
    tracks: Tracks, new: Mapping[int, int], classes: Mapping[int, str], ignored: tuple[int, ...]
) -> Tracks:
    """Return tracks with other class ids.

    Args:
        new: New class id by old class id, for all that occur in rows.
    """
    extent = tracks.extent
    used, number = np.unique(tracks.class_id, return_inverse=True)
    class_id = np.array([new[key] for key in used.tolist()], np.int64)[number]
    fitted = Extent(extent.height, extent.width, extent.frame_count, classes, ignored)
    return replace(tracks, extent=fitted, class_id=class_id)
