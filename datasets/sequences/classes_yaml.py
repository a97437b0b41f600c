"""The classes of one's own data: `classes: {1: person, 2: bag}` and `ignored: [2]`, in YAML."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.io.yaml_text import read_yaml

FILE = "classes.yaml"
_MOST_DIGITS = 10
_ONE_CLASS = {1: "pedestrian"}

Classes = tuple[dict[int, str], tuple[int, ...]]


def read_classes(folder: Path) -> Classes:
    """Return the name of each class id and the ids that are ignored, as <folder>/classes.yaml says.

    Without that file there is one class, 1, pedestrian.

    Raises:
        ValueError: It is not YAML, or not as it should be. Names file and key.
    """
    path = folder / FILE
    if not path.is_file():
        return dict(_ONE_CLASS), ()
    content = read_yaml(path)
    if not isinstance(content, dict) or not {"classes"} <= set(content) <= {"classes", "ignored"}:
        raise ValueError(f"{path}: expected the key classes, and ignored or no other")
    return check_classes(f"{path}, ", content["classes"], content.get("ignored", []))


def check_classes(place: str, classes: Any, ignored: Any) -> Classes:
    """Return the classes with whole numbers for ids, which JSON makes text.

    Args:
        place: Begins the message of an error, before the key.

    Raises:
        ValueError: An id is no whole number from 0 or given twice, a name is no text or given
            twice, or an ignored id is not among the classes.
    """
    if not isinstance(classes, Mapping) or not classes:
        raise ValueError(f"{place}classes: {_show(classes)} found, expected ids with their names")
    names: dict[int, str] = {}
    taken: set[str] = set()
    for key, name in classes.items():
        number = _whole(f"{place}classes", key)
        if number in names:
            raise ValueError(f"{place}classes: {_show(key)} found, expected an id of its own")
        if not isinstance(name, str) or not name or name in taken:
            raise ValueError(
                f"{place}classes: {key}: {_show(name)} found, expected a name of its own"
            )
        names[number] = name
        taken.add(name)
    if not isinstance(ignored, list | tuple):
        raise ValueError(f"{place}ignored: {_show(ignored)} found, expected a list of class ids")
    ids = tuple(_whole(f"{place}ignored", key) for key in ignored)
    if not set(ids) <= set(names):
        raise ValueError(
            f"{place}ignored: {_show([*ids])} found, expected some of {_show([*names])}"
        )
    return names, ids


def _whole(place: str, key: Any) -> int:
    digits = isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) <= _MOST_DIGITS
    number = int(key) if digits else key
    if type(number) is not int or not 0 <= number < 10**_MOST_DIGITS:
        raise ValueError(f"{place}: {_show(key)} found, expected a whole number")
    return number


def _show(value: Any) -> str:
    """Return what is found, cut where it is long."""
    try:
        return reprlib.repr(value)[:80]
    except ValueError:  # of a number with too many digits
        return "a very large number"
