"""Lists of objects in a JSON file, read as columns; errors name the row."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from collections.abc import Sequence as Many
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.errors import RowError, shorten
from datasets.io.mended import count_mended
from datasets.masks.mask_set import MAX_PIXELS

Record = dict[str, Any]

_WHOLE = "a whole number below 2^53"
MAX_EXACT_INTEGER = 2**53  # programs that read JSON keep whole numbers below it exact


@dataclass(frozen=True)
class Ids:
    """What records refer to, as the file identifies it: by whole numbers or text.

    Args:
        owners: (N,) ids of the images or videos.
        categories: (C,) ids of the categories.
        class_ids: (C,) int64, the class id of each category.
    """

    owners: np.ndarray
    categories: np.ndarray
    class_ids: np.ndarray


@dataclass(frozen=True)
class Known:
    """The records that are not skipped.

    Args:
        row: (N,) index of each record among all.
        place: (N,) index of its image or video.
        class_id: (N,) int64.
    """

    records: list[Record]
    row: np.ndarray
    place: np.ndarray
    class_id: np.ndarray


@contextmanager
def naming_record(path: Path, kind: str) -> Iterator[None]:
    """Turn a RowError into a ValueError that names the file, and the record by its kind."""
    try:
        yield
    except RowError as error:
        raise ValueError(f"{path}, {kind} {error.row}: {shorten(error.reason)}") from error


def list_under(content: Any, key: str, path: Path) -> list[Any]:
    """Return the list under a key of an object; ValueError names the file if there is none."""
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise ValueError(f"{path}: expected an object with a list of {key}")
    return found


def check_records(records: list[Any]) -> list[Record]:
    """Return the list; RowError if an entry is not an object."""
    for row, record in enumerate(records):
        if not isinstance(record, dict):
            raise RowError(row, f"expected an object, found {show(record)}")
    return records


def whole_numbers(records: Many[Record], key: str) -> np.ndarray:
    """Return a column, (N,) int64; RowError for a value that is not a whole number below 2^53.

    A whole number may be written as 3, 3.0 or 3e0.
    """
    return identifiers(records, key, text=False)


def identifiers(
    records: Many[Record], key: str, *, text: bool, rows: Many[int] | None = None
) -> np.ndarray:
    """Return a column of ids, (N,): text, or whole numbers as from `whole_numbers`.

    Args:
        rows: Rows to return; by default all.

    Raises:
        RowError: A value is of the other kind.
    """
    chosen = range(len(records)) if rows is None else rows
    values = [records[row].get(key) for row in chosen]
    if not text and _are_whole(values):
        return np.array(values, np.int64)
    expected = "text, as other ids are" if text else _WHOLE
    for row, value in zip(chosen, values, strict=True):
        if not (isinstance(value, str) if text else _is_whole(value)):
            raise value_error(records, row, key, expected)
    return np.array(values, object if text else np.int64)


def as_ids(values: Many[int | str]) -> np.ndarray:
    """Return ids, all whole numbers or all text, as an array, (N,) int64 or object."""
    return np.array(values, object if len(values) and isinstance(values[0], str) else np.int64)


def is_text(records: Many[Record], key: str) -> bool:
    """Return whether the first value of a column is text."""
    return bool(records) and isinstance(records[0].get(key), str)


def numbers(records: Many[Record], key: str) -> np.ndarray:
    """Return a column, (N,) float64; RowError for a value that is not a finite number."""
    values = [record.get(key) for record in records]
    found = as_numbers(values)
    if found is None:
        row = next(row for row, value in enumerate(values) if not is_number(value))
        raise value_error(records, row, key, "a finite number")
    return found


def flags(records: Many[Record], key: str) -> np.ndarray:
    """Return a column of 0 and 1, (N,) bool, all 0 if no record has the key; RowError otherwise."""
    if not have(records, key):
        return np.zeros(len(records), bool)
    for row, record in enumerate(records):
        if record[key] not in (0, 1):
            raise value_error(records, row, key, "0 or 1")
    return np.array([record[key] == 1 for record in records], bool)


def distinct(records: Many[Record], key: str = "id", *, text: bool = False) -> np.ndarray:
    """Return a column as `identifiers`; RowError also for a value that is not unique."""
    values = identifiers(records, key, text=text)
    first = np.unique(values, return_index=True)[1]
    if len(first) < len(values):
        row = int(np.setdiff1d(np.arange(len(values)), first)[0])
        raise RowError(row, f"{key} {values[row]} is not unique")
    return values


def without_repeats(records: list[Record], kind: str, keys: Many[str]) -> list[Record]:
    """Return the records without those that repeat an earlier one, and count these.

    Args:
        kind: Plural noun for the records.
        keys: Keys which are read, the first of which identifies a record.
    """
    first: dict[Any, Record] = {}
    kept = []
    for record in records:
        name = record.get(keys[0])
        earlier = first.setdefault(name, record) if isinstance(name, int | float | str) else record
        if earlier is record or any(record.get(key) != earlier.get(key) for key in keys):
            kept.append(record)
    count_mended(f"{kind} listed twice, read once", len(records) - len(kept))
    return kept


def have(records: Many[Record], key: str) -> bool:
    """Return whether the records have a value; null and an empty list count as none.

    Raises:
        RowError: Only some records have one, which is ambiguous.
    """
    present = [record.get(key) is not None and record[key] != [] for record in records]
    if all(present) or not any(present):
        return bool(present) and present[0]
    row = present.index(not present[0])
    raise RowError(row, f"{'has a' if present[row] else 'has no'} {key}, unlike earlier ones")


def look_up(records: Many[Record], key: str, known: np.ndarray) -> np.ndarray:
    """Return the index of each value among ids, (N,); RowError for an unknown value."""
    found = find(records, key, known)
    if (found < 0).any():
        expected = f"the id of a known {key.removesuffix('_id')}"
        raise value_error(records, int(np.argmax(found < 0)), key, expected)
    return found


def find(records: Many[Record], key: str, known: np.ndarray) -> np.ndarray:
    """Return the index of each value among ids, (N,), -1 for an unknown value and for null."""
    found = np.full(len(records), -1)
    named = [row for row, record in enumerate(records) if record.get(key, 0) is not None]
    values = identifiers(records, key, text=known.dtype == object, rows=named)
    order = np.argsort(known, kind="stable")
    place = np.append(order, -1)[np.searchsorted(known[order], values)]
    listed = np.flatnonzero(place >= 0)
    place[listed[known[place[listed]] != values[listed]]] = -1
    found[named] = place
    return found


@contextmanager
def known_records(records: list[Record], owner: str, ids: Ids, kind: str) -> Iterator[Known]:
    """Yield the records of listed images or videos and categories; count the skipped others.

    A RowError raised by a reader of the yielded records is turned into one for all records.

    Args:
        owner: Key of the image or the video.
        kind: Plural noun for the records.
    """
    places = find(records, owner, ids.owners)
    categories = find(records, "category_id", ids.categories)
    unlisted, unknown = places < 0, categories < 0
    count_mended(f"{kind} of an unlisted {owner.removesuffix('_id')}, skipped", unlisted.sum())
    count_mended(f"{kind} of an unlisted category, skipped", (unknown & ~unlisted).sum())
    kept = np.flatnonzero(~(unlisted | unknown))
    try:
        chosen = [records[row] for row in kept.tolist()]
        yield Known(chosen, kept, places[kept], ids.class_ids[categories[kept]])
    except RowError as error:
        raise RowError(int(kept[error.row]), error.reason) from error


def read_sizes(records: Many[Record]) -> np.ndarray:
    """Return height and width of images, (N, 2) int64; RowError for sizes no image can have."""
    size = np.stack([whole_numbers(records, key) for key in ("height", "width")], axis=1)
    wrong = (size < 1).any(axis=1) | (size > MAX_PIXELS // np.maximum(size[:, ::-1], 1)).any(1)
    if wrong.any():
        row = int(np.argmax(wrong))
        found = f"height {size[row, 0]} and width {size[row, 1]}"
        raise RowError(row, f"expected sides of at least 1 and at most 2^30 pixels, found {found}")
    return size


def _are_whole(values: list[Any]) -> bool:
    """Return whether all are as of `_is_whole`, at once."""
    found = as_numbers(values)
    if found is None:
        return False
    return bool(((abs(found) < MAX_EXACT_INTEGER) & (np.floor(found) == found)).all())


def _is_whole(value: Any) -> bool:
    """Return whether a JSON value is a whole number below 2^53."""
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return whole and -MAX_EXACT_INTEGER < value < MAX_EXACT_INTEGER


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a finite number within the range of float64."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def as_numbers(values: list[Any]) -> np.ndarray | None:
    """Return JSON values as float64, None if not all are numbers as of `is_number`."""
    if not {*map(type, values)} <= {int, float}:
        return None
    try:
        found = np.array(values, np.float64)
    except OverflowError:
        return None
    return found if np.isfinite(found).all() else None


def show(value: Any) -> str:
    """Return a value as JSON, truncated if it is long."""
    try:
        return json.dumps(value)[:40]
    except RecursionError:
        return "deeply nested lists or objects"


def value_error(records: Many[Record], row: int, key: str, expected: str) -> RowError:
    found = show(records[row][key]) if key in records[row] else "nothing"
    return RowError(row, f"{key}: expected {expected}, found {found}")
