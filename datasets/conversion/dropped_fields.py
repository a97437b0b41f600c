"""Fields of tracks that a format drops, and the count of rows each concerns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from datasets.overlap import box_area
from datasets.types import NO_TRACK, Tracks

UNKNOWN_VISIBILITY = "unknown visibility, written as 1"
Counts = dict[str, int]  # dropped rows by field; 0 if the field is not one of rows


def dropped_counter(*names: str) -> Callable[[Mapping[str, Tracks]], Counts]:
    """Return a function that counts the rows of each of these fields, without those of no rows."""

    def count(sequences: Mapping[str, Tracks]) -> Counts:
        found = {name: map(_ROWS[name], sequences.values()) for name in names}
        counts = {name: sum(map(int, map(np.count_nonzero, rows))) for name, rows in found.items()}
        return {name: rows for name, rows in counts.items() if rows}

    return count


def no_counts(_: object) -> Counts:
    """Return that nothing is dropped."""
    return {}


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Return the sum of each count, in order of first appearance."""
    total: Counts = {}
    for each in counts:
        for name, rows in each.items():
            total[name] = total.get(name, 0) + rows
    return total


def describe_counts(counts: Counts) -> str:
    """Return counts as a comma-separated list."""
    return ", ".join(
        f"{name} ({rows} {'row' if rows == 1 else 'rows'})" if rows else name
        for name, rows in counts.items()
    )


def _constant(tracks: Tracks, value: bool) -> np.ndarray:
    return np.full(len(tracks), value)


def _loose_boxes(tracks: Tracks) -> np.ndarray:
    if tracks.rle is None:
        return _constant(tracks, value=False)
    return (tracks.box != tracks.rle.boxes).any(axis=1)


def _ignored(tracks: Tracks) -> np.ndarray:
    return np.isin(tracks.class_id, tracks.extent.ignored)


def _renumbered(tracks: Tracks) -> np.ndarray:
    """Return a mask of the rows whose identity changes if numbered from 1 by first appearance."""
    has_identity = tracks.track != NO_TRACK
    identities = tracks.track[has_identity]
    _, first, number = np.unique(identities, return_index=True, return_inverse=True)
    changed = np.zeros(len(tracks), bool)
    changed[has_identity] = identities != (np.argsort(np.argsort(first)) + 1)[number]
    return changed


def _annotated_areas(tracks: Tracks) -> np.ndarray:
    """Return a mask of the rows whose area differs from that of the mask, or of the box if none."""
    if tracks.area is None:
        return _constant(tracks, value=False)
    return tracks.area != (box_area(tracks.box) if tracks.rle is None else tracks.rle.areas)


def _varying(tracks: Tracks, column: np.ndarray) -> np.ndarray:
    """Return a mask of the rows of identities which have several values in a column."""
    _, number = np.unique(tracks.track, return_inverse=True)
    minimum, maximum = np.full(len(tracks), np.inf), np.full(len(tracks), -np.inf)
    np.minimum.at(minimum, number, column)
    np.maximum.at(maximum, number, column)
    return (minimum < maximum)[number] & (tracks.track != NO_TRACK)


def _merged_regions(tracks: Tracks) -> np.ndarray:
    """Return a mask of the ignored rows that follow another ignored row of their frame."""
    rows = np.flatnonzero(_ignored(tracks))
    merged = np.zeros(len(tracks), bool)
    merged[rows[1:]] = np.diff(tracks.frame[rows]) == 0
    return merged


def _classes_other_than_object(tracks: Tracks) -> np.ndarray:
    objects = [key for key, name in tracks.extent.classes.items() if name == "object"]
    return ~np.isin(tracks.class_id, objects) & ~_ignored(tracks)


def _empty_masks(tracks: Tracks) -> np.ndarray:
    return _constant(tracks, value=False) if tracks.rle is None else tracks.rle.areas == 0


_ROWS: dict[str, Callable[[Tracks], np.ndarray]] = {
    "masks": lambda tracks: _constant(tracks, tracks.rle is not None),
    "boxes that are not tight around masks": _loose_boxes,
    "scores": lambda tracks: tracks.score != 1,
    "scores other than 0 and 1": lambda tracks: ~np.isin(tracks.score, (0, 1)),
    "scores of ignored rows": lambda tracks: _ignored(tracks) & (tracks.score != 1),
    "visibility": lambda tracks: _constant(tracks, tracks.visibility is not None),
    UNKNOWN_VISIBILITY: lambda tracks: _constant(tracks, tracks.visibility is None),
    "areas": _annotated_areas,
    "ignore flags": _ignored,
    "identities of ignored rows": lambda tracks: _ignored(tracks) & (tracks.track != NO_TRACK),
    "rows without identity": lambda tracks: tracks.track == NO_TRACK,
    "identity numbers": _renumbered,
    "scores that differ within a track": lambda tracks: _varying(tracks, tracks.score),
    "classes that differ within a track": lambda tracks: _varying(tracks, tracks.class_id),
    "classes other than object": _classes_other_than_object,
    "merged ignore regions": _merged_regions,
    "empty masks": _empty_masks,
}
