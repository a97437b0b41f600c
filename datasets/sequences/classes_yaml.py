"""Class names of one's own data, in YAML: `classes: {1: person, 2: bag}` and `ignored: [2]`."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.io.yaml_text import read_yaml

FILE = "classes.yaml"
_MAX_DIGITS = 10
_ONE_CLASS = {1: "pedestrian"}

Classes = tuple[dict[int, str], tuple[int, ...]]


def read_classes(folder: Path) -> Classes:
    """Return the class names by class id and the ignored ids of <folder>/classes.yaml.

    Without that file, the only class is 1, pedestrian.

    Raises:
        ValueError: The file is not YAML or has invalid content. Names file and key.
    """
    path = folder / FILE
    if not path.is_file():
        return dict(_ONE_CLASS), ()
    content = read_yaml(path)
    if not isinstance(content, dict) or not {"classes"} <= set(content) <= {"classes", "ignored"}:
        raise ValueError(f"{path}: expected the key classes, and optionally ignored, but no others")
    return check_classes(f"{path}, ", content["classes"], content.get("ignored", []))


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
    number = int(key) if digits else key
    if type(number) is not int or not 0 <= number < 10**_MAX_DIGITS:
        raise ValueError(f"{place}: expected a whole number, found {_show(key)}")
    return number


def _show(value: Any) -> str:
    """Return the representation of a value, truncated if it is long."""
    try:
        return reprlib.repr(value)[:80]
    except ValueError:  # of a number with too many digits
        return "a very large number"
