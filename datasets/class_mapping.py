"""Tracks in other words: classes renamed, and numbered as another format numbers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from datasets.types import Extent, Tracks


def rename_classes(tracks: Tracks, names: Mapping[str, str]) -> Tracks:
    """Return tracks whose classes are called otherwise; those called the same become one.

    Raises:
        ValueError: Of classes that become one, some are ignored and some are not.
    """
    extent = tracks.extent
    called = {key: names.get(name, name) for key, name in extent.classes.items()}
    first = {name: min(key for key in called if called[key] == name) for name in called.values()}
    ignored = {called[key] for key in extent.ignored}
    for key, name in called.items():
        if name in ignored and key not in extent.ignored:
            raise ValueError(f"class {name!r} would be ignored and not ignored")
    return _with_classes(
        tracks,
        {key: first[name] for key, name in called.items()},
        {key: name for name, key in first.items()},
        tuple(sorted(first[name] for name in ignored)),
    )


def only_class(extent: Extent, name: str) -> Extent:
    """Return an extent with one of its classes alone, for results that name none.

    Raises:
        ValueError: It has no such class.
    """
    keys = [key for key, each in extent.classes.items() if each == name]
    if not keys:
        raise ValueError(f"class {name!r} found, expected one of {[*extent.classes.values()]}")
    return replace(extent, classes={keys[0]: name}, ignored=())


def fit_classes(tracks: Tracks, classes: Mapping[int, str], ignored: tuple[int, ...]) -> Tracks:
    """Return tracks whose classes are those of a format, by name.

    A class that is ignored and has no namesake becomes the format's own ignored class, if it has
    just one.

    Raises:
        ValueError: A row is of a class that the format does not have.
    """
    extent = tracks.extent
    ids = {name: key for key, name in classes.items()}
    if len(ignored) == 1:
        ids = {extent.classes[key]: ignored[0] for key in extent.ignored} | ids
    used = np.unique(tracks.class_id).tolist()
    for key in used:
        if extent.classes[key] not in ids:
            name, known = extent.classes[key], list(classes.values())
            raise ValueError(f"class {name!r} found, expected one of {known}")
    return _with_classes(tracks, {key: ids[extent.classes[key]] for key in used}, classes, ignored)


def fit_extent(tracks: Tracks, extent: Extent, *, counted: bool) -> Tracks:
    """Return tracks with the image size and the number of frames of a ground truth's sequence.

    Args:
        counted: Whether the number of frames of `tracks` is known, not just the last with a row.

    Raises:
        ValueError: The image size or the number of frames is another, or a frame is beyond the
            last.
    """
    for known, found, expected in (
        (tracks.extent.height > 0, _describe_size(tracks.extent), _describe_size(extent)),
        (counted, f"{tracks.extent.frame_count} frames", f"{extent.frame_count} frames"),
    ):
        if known and found != expected:
            raise ValueError(f"{found} found, the ground truth has {expected}")
    within = replace(extent, classes=tracks.extent.classes, ignored=tracks.extent.ignored)
    return replace(tracks, extent=within)


def _describe_size(extent: Extent) -> str:
    return f"images of {extent.height} x {extent.width}"


def _with_classes(
    tracks: Tracks, new: Mapping[int, int], classes: Mapping[int, str], ignored: tuple[int, ...]
) -> Tracks:
    """Return tracks with other class ids.

    Args:
        new: The new id of each that rows have.
    """
    extent = tracks.extent
    used, number = np.unique(tracks.class_id, return_inverse=True)
    class_id = np.array([new[key] for key in used.tolist()], np.int64)[number]
    fitted = Extent(extent.height, extent.width, extent.frame_count, classes, ignored)
    return replace(tracks, extent=fitted, class_id=class_id)
