"""Class names of one's own data, in YAML: `classes: {1: person, 2: bag}` and `ignored: [2]`.

CVAT's export in MOT format has them in gt/labels.txt instead: a name per line, numbered from 1.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.io.files import read_small_text
from datasets.io.yaml_text import read_yaml

FILE = "classes.yaml"
_LABELS = "gt/labels.txt"
_MAX_DIGITS = 10
_ONE_CLASS = {1: "pedestrian"}

Classes = tuple[dict[int, str], tuple[int, ...]]


def find_class_files(folder: Path) -> list[Path]:
    """Return <folder>/classes.yaml, or the labels.txt of its sequences if there is none."""
    path = folder / FILE
    return [path] if path.is_file() else sorted(folder.glob(f"[!.]*/{_LABELS}"))


def read_classes(folder: Path) -> Classes:
    """Return the class names by class id and the ignored ids of <folder>/classes.yaml.

    Without that file, the classes are those of CVAT's <sequence>/gt/labels.txt. Without any, the
    only class is 1, pedestrian.

    Raises:
        ValueError: The file is not YAML or has invalid content, or the labels of two sequences
            differ. Names file and key.
    """
    files = find_class_files(folder)
    if not files:
        return dict(_ONE_CLASS), ()
    if files[0].name != FILE:
        return _read_labels(files), ()
    content = read_yaml(files[0])
    if not isinstance(content, dict) or not {"classes"} <= set(content) <= {"classes", "ignored"}:
        expected = "expected the key classes, and optionally ignored, but no others"
        raise ValueError(f"{files[0]}: {expected}")
    return check_classes(f"{files[0]}, ", content["classes"], content.get("ignored", []))


def _read_labels(files: list[Path]) -> dict[int, str]:
    """Return the names in labels.txt by class id; ValueError if two files differ."""
    lines = [[line.strip() for line in read_small_text(path).splitlines()] for path in files]
    names = [[line for line in each if line] for each in lines]
    for path, each in zip(files, names, strict=True):
        if each != names[0]:
            raise ValueError(
                f"{path}: expected the labels of {files[0]}, {_show(names[0])}, found "
                f"{_show(each)}: name the classes of all sequences in {FILE}"
            )
    return check_classes(f"{files[0]}, ", dict(enumerate(names[0], start=1)), ())[0]


def check_classes(place: str, classes: Any, ignored: Any) -> Classes:
    """Return the classes with integer ids, which are strings in JSON.

    Args:
        place: Start of error messages, before the key.

    Raises:
        ValueError: An id is not a whole number from 0 or not unique, a name is not a string or not
            unique, or an ignored id is not among the classes.
    """
    if not isinstance(classes, Mapping) or not classes:
        raise ValueError(f"{place}classes: expected names by id, found {_show(classes)}")
    names: dict[int, str] = {}
    taken: set[str] = set()
    for key, name in classes.items():
        number = _whole(f"{place}classes", key)
        if number in names:
            raise ValueError(f"{place}classes: expected unique ids, found {_show(key)} twice")
        if not isinstance(name, str) or not name or name in taken:
            raise ValueError(f"{place}classes: {key}: expected a unique name, found {_show(name)}")
        names[number] = name
        taken.add(name)
    if not isinstance(ignored, list | tuple):
        raise ValueError(f"{place}ignored: expected a list of class ids, found {_show(ignored)}")
    ids = tuple(_whole(f"{place}ignored", key) for key in ignored)
    if not set(ids) <= set(names):
        expected = f"ids among {_show([*names])}"
        raise ValueError(f"{place}ignored: expected {expected}, found {_show([*ids])}")
    return names, ids


def _whole(place: str, key: Any) -> int:
    digits = isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) <= _MAX_DIGITS
    number = int(key) if digits or (isinstance(key, float) and key.is_integer()) else key
    if type(number) is not int or not 0 <= number < 10**_MAX_DIGITS:
        raise ValueError(f"{place}: expected a whole number, found {_show(key)}")
    return number


def _show(value: Any) -> str:
    """Return the representation of a value, truncated if it is long."""
    try:
        return reprlib.repr(value)[:80]
    except ValueError:  # of a number with too many digits
        return "a very large number"
