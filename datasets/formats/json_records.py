"""Lists of objects in a JSON file, read as columns; errors name the row."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from datasets.io.errors import RowError, shorten
from datasets.io.mended import count_mended
from datasets.masks.mask_set import MAX_PIXELS
from datasets.types import Tracks

Record = dict[str, Any]
Ids = tuple[np.ndarray, np.ndarray]

MAX_EXACT_INTEGER = 2**53  # programs that read JSON keep whole numbers below it exact


@dataclass(frozen=True)
class Known:
    """The records that are not skipped.

    Args:
        row: (N,) index of each record among all.
        place: (N,) index of its image or video.
    """

    records: list[Record]
    row: np.ndarray
    place: np.ndarray


@contextmanager
def naming_record(path: Path, kind: str) -> Iterator[None]:
    """Turn a RowError into a ValueError that names the file, and the record by its kind."""
    try:
        yield
    except RowError as error:
        raise ValueError(f"{path}, {kind} {error.row}: {shorten(error.reason)}") from error


@contextmanager
def naming_sequence(path: Path, name: str) -> Iterator[None]:
    """Add the file and the sequence to a ValueError raised while the sequence is written."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: not written: {name}: {error}") from error


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
    values = [record.get(key) for record in records]
    found = as_numbers(values)
    usual = found is not None and (abs(found) < MAX_EXACT_INTEGER) & (np.floor(found) == found)
    if not np.all(usual):
        row = next(row for row, value in enumerate(values) if not _is_whole(value))
        raise _value_error(records, row, key, "a whole number below 2^53")
    return np.array(values, np.int64)


def identifiers(records: Many[Record], key: str, *, text: bool) -> np.ndarray:
    """Return a column of ids, (N,): text, or whole numbers as from `whole_numbers`.

    Raises:
        RowError: A value is of the other kind.
    """
    if not text:
        return whole_numbers(records, key)
    for row, record in enumerate(records):
        if not isinstance(record.get(key), str):
            raise _value_error(records, row, key, "text, as other ids are")
    return np.array([record[key] for record in records], object)


def is_text(records: Many[Record], key: str) -> bool:
    """Return whether the first value of a column is text."""
    return bool(records) and isinstance(records[0].get(key), str)


def numbers(records: Many[Record], key: str) -> np.ndarray:
    """Return a column, (N,) float64; RowError for a value that is not a finite number."""
    values = [record.get(key) for record in records]
    found = as_numbers(values)
    if found is None:
        row = next(row for row, value in enumerate(values) if not is_number(value))
        raise _value_error(records, row, key, "a finite number")
    return found


def flags(records: Many[Record], key: str) -> np.ndarray:
    """Return a column of 0 and 1, (N,) bool, all 0 if no record has the key; RowError otherwise."""
    if not have(records, key):
        return np.zeros(len(records), bool)
    for row, record in enumerate(records):
        if record[key] not in (0, 1):
            raise _value_error(records, row, key, "0 or 1")
    return np.array([record[key] == 1 for record in records], bool)


def distinct(records: Many[Record], key: str = "id", *, text: bool = False) -> np.ndarray:
    """Return a column as `identifiers`; RowError also for a value that is not unique."""
    values = identifiers(records, key, text=text)
    first = np.unique(values, return_index=True)[1]
    if len(first) < len(values):
        row = int(np.setdiff1d(np.arange(len(values)), first)[0])
        raise RowError(row, f"{key} {values[row]} is not unique")
    return values


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
        raise _value_error(records, int(np.argmax(found < 0)), key, expected)
    return found


def find(records: Many[Record], key: str, known: np.ndarray) -> np.ndarray:
    """Return the index of each value among ids, (N,), -1 for an unknown value."""
    values = identifiers(records, key, text=known.dtype == object)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known[order], values)
    found = np.append(order, -1)[place]
    listed = np.flatnonzero(found >= 0)
    found[listed[known[found[listed]] != values[listed]]] = -1
    return found


@contextmanager
def known_records(records: list[Record], owner: str, ids: Ids, kind: str) -> Iterator[Known]:
    """Yield the records of listed images or videos and categories; count the skipped others.

    A RowError raised by a reader of the yielded records is turned into one for all records.

    Args:
        owner: Key of the image or the video.
        ids: Ids of the images or videos, and of the categories.
        kind: Plural noun for the records.
    """
    places, categories = find(records, owner, ids[0]), find(records, "category_id", ids[1])
    unlisted, unknown = places < 0, categories < 0
    count_mended(f"{kind} of an unlisted {owner.removesuffix('_id')}, skipped", unlisted.sum())
    count_mended(f"{kind} of an unlisted category, skipped", (unknown & ~unlisted).sum())
    kept = np.flatnonzero(~(unlisted | unknown))
    try:
        yield Known([records[row] for row in kept.tolist()], kept, places[kept])
    except RowError as error:
        raise RowError(int(kept[error.row]), error.reason) from error


def read_classes(content: Any, path: Path) -> dict[int, str]:
    """Return the name of each category by id; categories of one name are named "<name> (<id>)".

    Raises:
        ValueError: An id is missing or not unique, or a name is missing; names the file and the
            category.
    """
    with naming_record(path, "category"):
        records = check_records(list_under(content, "categories", path))
        keys = distinct(records).tolist()
        for row, record in enumerate(records):
            if not isinstance(record.get("name"), str) or not record["name"]:
                raise _value_error(records, row, "name", "a string")
        given = [record["name"] for record in records]
        count = Counter(given)
        names = [
            name if count[name] == 1 else f"{name} ({key})"
            for key, name in zip(keys, given, strict=True)
        ]
        if len({*names}) < len(names):  # such as "a (3)" for an id that is not 3
            row = next(row for row, name in enumerate(names) if name in names[:row])
            raise RowError(row, f"name {show(names[row])} is not unique")
    count_mended(
        "categories with the name of another one, named by their id too",
        sum(count[name] > 1 for name in given),
    )
    return dict(zip(keys, names, strict=True))


def read_sizes(records: Many[Record]) -> np.ndarray:
    """Return height and width of images, (N, 2) int64; RowError for sizes no image can have."""
    size = np.stack([whole_numbers(records, key) for key in ("height", "width")], axis=1)
    wrong = (size < 1).any(axis=1) | (size > MAX_PIXELS // np.maximum(size[:, ::-1], 1)).any(1)
    if wrong.any():
        row = int(np.argmax(wrong))
        found = f"height {size[row, 0]} and width {size[row, 1]}"
        raise RowError(row, f"expected sides of at least 1 and at most 2^30 pixels, found {found}")
    return size


def known_sizes(records: Many[Record]) -> np.ndarray:
    """Return height and width of images, (N, 2) int64, 0 x 0 where no valid size is given."""
    with suppress(RowError):
        return read_sizes(records)
    size = np.zeros((len(records), 2), np.int64)
    for row, record in enumerate(records):
        with suppress(RowError):
            size[row] = read_sizes([record])[0]
    return size


def name_sequences(folders: Many[str | None], ids: Many[int]) -> list[str]:
    """Return the folders if each is present, safe and unique; otherwise all ids as text."""
    plain = [folder for folder in folders if folder and is_safe_name(folder)]
    if len(set(plain)) == len(ids):
        return plain
    return [str(each) for each in ids]


def is_safe_name(folder: str) -> bool:
    """Return whether a folder name, which may contain slashes, stays below its parent folder."""
    path = PurePosixPath(folder)
    inside = not path.is_absolute() and ".." not in path.parts and str(path) == folder != "."
    return inside and folder.isprintable() and "\\" not in folder


def make_categories(path: Path, tracks: Mapping[str, Tracks]) -> list[Record]:
    """Return the category records to write: the classes that are not ignored.

    Raises:
        ValueError: Sequences differ in classes, a row has an ignored class, which the formats
            cannot hold, or a sequence has no frames or a name that could not be read back. Names
            file and sequence.
    """
    kinds = {(tuple(each.extent.classes.items()), each.extent.ignored) for each in tracks.values()}
    if len(kinds) > 1:
        raise ValueError(f"{path}: not written: the sequences differ in classes")
    for name, each in tracks.items():
        with naming_sequence(path, name):
            _check_sequence(name, each)
    return [
        {"id": int(key), "name": name}
        for classes, ignored in kinds
        for key, name in classes
        if key not in ignored
    ]


def _check_sequence(name: str, tracks: Tracks) -> None:
    if not is_safe_name(name):
        raise ValueError("the name of the sequence cannot be that of a folder")
    if not tracks.extent.frame_count:
        raise ValueError("the sequence has no frames")
    ignored = np.isin(tracks.class_id, tracks.extent.ignored)
    if ignored.any():
        class_id = tracks.class_id[np.argmax(ignored)]
        raise ValueError(f"class {class_id} is ignored, which the format cannot hold")


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


def _value_error(records: Many[Record], row: int, key: str, expected: str) -> RowError:
    found = show(records[row][key]) if key in records[row] else "nothing"
    return RowError(row, f"{key}: expected {expected}, found {found}")
