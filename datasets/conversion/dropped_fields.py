"""What a format cannot hold of tracks: the names of losses, and the rows each is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from datasets.overlap import box_area
from datasets.types import NO_TRACK, Tracks

UNSEEN = "visibility that is unknown, written as 1"
Counts = dict[str, int]  # what is lost, and of how many rows; 0 if it is not of rows


def count_lost(*names: str) -> Callable[[Mapping[str, Tracks]], Counts]:
    """Return a function that counts the rows of each of these losses, those with none left out."""

    def count(sequences: Mapping[str, Tracks]) -> Counts:
        found = {name: map(_ROWS[name], sequences.values()) for name in names}
        counts = {name: sum(map(int, map(np.count_nonzero, rows))) for name, rows in found.items()}
        return {name: rows for name, rows in counts.items() if rows}

    return count


def no_counts(_: object) -> Counts:
    """Return that nothing is lost."""
    return {}


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Return the sum of each loss, in the order they come."""
    total: Counts = {}
    for each in counts:
        for name, rows in each.items():
            total[name] = total.get(name, 0) + rows
    return total


def describe_counts(counts: Counts) -> str:
    """Return losses as a list in words."""
    return ", ".join(
        f"{name} ({rows} {'row' if rows == 1 else 'rows'})" if rows else name
        for name, rows in counts.items()
    )


def _every(tracks: Tracks, there: bool) -> np.ndarray:
    return np.full(len(tracks), there)


def _loose_boxes(tracks: Tracks) -> np.ndarray:
    if tracks.rle is None:
        return _every(tracks, there=False)
    return (tracks.box != tracks.rle.boxes).any(axis=1)


def _ignored(tracks: Tracks) -> np.ndarray:
    return np.isin(tracks.class_id, tracks.extent.ignored)


def _renumbered(tracks: Tracks) -> np.ndarray:
    """Return the rows whose identity changes if all are numbered from 1 as they appear."""
    named = tracks.track != NO_TRACK
    _, first, number = np.unique(tracks.track[named], return_index=True, return_inverse=True)
    changed = np.zeros(len(tracks), bool)
    changed[named] = tracks.track[named] != (np.argsort(np.argsort(first)) + 1)[number]
    return changed


def _own_areas(tracks: Tracks) -> np.ndarray:
    """Return the rows whose area is not simply that of the mask, or of the box if there is none."""
    if tracks.area is None:
        return _every(tracks, there=False)
    return tracks.area != (box_area(tracks.box) if tracks.rle is None else tracks.rle.areas)


def _several(tracks: Tracks, column: np.ndarray) -> np.ndarray:
    """Return the rows of identities that do not have one value throughout."""
    _, number = np.unique(tracks.track, return_inverse=True)
    least, most = np.full(len(tracks), np.inf), np.full(len(tracks), -np.inf)
    np.minimum.at(least, number, column)
    np.maximum.at(most, number, column)
    return (least < most)[number] & (tracks.track != NO_TRACK)


def _joined_regions(tracks: Tracks) -> np.ndarray:
    """Return the rows to ignore that come after another one of their frame."""
    rows = np.flatnonzero(_ignored(tracks))
    joined = np.zeros(len(tracks), bool)
    joined[rows[1:]] = np.diff(tracks.frame[rows]) == 0
    return joined


def _classes_but_object(tracks: Tracks) -> np.ndarray:
    objects = [key for key, name in tracks.extent.classes.items() if name == "object"]
    return ~np.isin(tracks.class_id, objects) & ~_ignored(tracks)


def _empty(tracks: Tracks) -> np.ndarray:
    return _every(tracks, there=False) if tracks.rle is None else tracks.rle.areas == 0


_ROWS: dict[str, Callable[[Tracks], np.ndarray]] = {
    "masks": lambda tracks: _every(tracks, tracks.rle is not None),
    "boxes other than those around the masks": _loose_boxes,
    "scores": lambda tracks: tracks.score != 1,
    "scores other than 0 and 1": lambda tracks: ~np.isin(tracks.score, (0, 1)),
    "scores of what is ignored": lambda tracks: _ignored(tracks) & (tracks.score != 1),
    "visibility": lambda tracks: _every(tracks, tracks.visibility is not None),
    UNSEEN: lambda tracks: _every(tracks, tracks.visibility is None),
    "areas": _own_areas,
    "marks of what is ignored": _ignored,
    "identities of what is ignored": lambda tracks: _ignored(tracks) & (tracks.track != NO_TRACK),
    "rows without identity": lambda tracks: tracks.track == NO_TRACK,
    "numbers of identities": _renumbered,
    "scores that differ within a track": lambda tracks: _several(tracks, tracks.score),
    "classes that differ within a track": lambda tracks: _several(tracks, tracks.class_id),
    "classes other than object": _classes_but_object,
    "regions to ignore that become one": _joined_regions,
    "empty masks": _empty,
}
