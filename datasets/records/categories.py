"""The categories of JSON files, and the names of their sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.io.mended import count_mended
from datasets.records.columns import (
    Ids,
    Record,
    as_ids,
    check_records,
    distinct,
    is_text,
    list_under,
    naming_record,
    show,
    without_repeats,
)
from datasets.types import Tracks


@dataclass(frozen=True)
class Categories:
    """The categories of a file.

    Args:
        numbers: (C,) id of each in the file, all whole numbers or all text.
        classes: Name by class id, in the same order. The class id is the id in the file, or, if
            that is text, its rank from 1.
    """

    numbers: tuple[int | str, ...]
    classes: Mapping[int, str]

    def ids_with(self, owners: Many[int | str]) -> Ids:
        """Return the ids to which annotations and results refer.

        Args:
            owners: Ids of the images or videos.
        """
        class_ids = np.array([*self.classes], np.int64)
        return Ids(as_ids(owners), as_ids(self.numbers), class_ids)

    def number_of(self, class_id: int) -> int | str:
        """Return the id in the file of a class; that of a class without category is its own."""
        return dict(zip(self.classes, self.numbers, strict=True)).get(class_id, class_id)


NO_CATEGORIES = Categories((), {})


def read_categories(content: Any, path: Path) -> Categories:
    """Return the categories of a file.

    Those of one name are named "<name> (<id>)", those without a name after their id.

    Raises:
        ValueError: An id is missing, or two different categories have it. Names the file and the
            category.
    """
    with naming_record(path, "category"):
        listed = check_records(list_under(content, "categories", path))
        records = without_repeats(listed, "categories", ["id", "name"])
        number = distinct(records, text=is_text(records, "id"))
        names = _name_classes(records, number.tolist())
    ranks = np.unique(number, return_inverse=True)[1] + 1 if number.dtype == object else number
    return Categories(tuple(number.tolist()), dict(zip(ranks.tolist(), names, strict=True)))


def as_categories(tracks: Mapping[str, Tracks]) -> Categories:
    """Return the classes of tracks as categories with the class ids as ids."""
    classes = {key: name for each in tracks.values() for key, name in each.extent.classes.items()}
    return Categories(tuple(classes), classes)


def _name_classes(records: list[Record], ids: list[int | str]) -> list[str]:
    """Return a unique name for each category; RowError if there is none."""
    stored = [record.get("name") for record in records]
    named = [name if isinstance(name, str) else "" for name in stored]
    count_mended("categories without a name, named by their id", named.count(""))
    given = [name or str(key) for name, key in zip(named, ids, strict=True)]
    count = Counter(given)
    names = [
        name if count[name] == 1 else f"{name} ({key})"
        for key, name in zip(ids, given, strict=True)
    ]
    if len({*names}) < len(names):  # such as "a (3)" for an id that is not 3
        row = next(row for row, name in enumerate(names) if name in names[:row])
        raise RowError(row, f"name {show(names[row])} is not unique")
    count_mended(
        "categories with the name of another one, named by their id too",
        sum(count[name] > 1 for name in given),
    )
    return names


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


@contextmanager
def naming_sequence(path: Path, name: str) -> Iterator[None]:
    """Add the file and the sequence to a ValueError raised while the sequence is written."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: not written: {name}: {error}") from error


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
