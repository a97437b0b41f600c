"""The classes of one's own data: `classes: {1: person, 2: bag}` and `ignored: [2]`, in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = "classes.yaml"
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
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not {"classes"} <= set(content) <= {"classes", "ignored"}:
        raise ValueError(f"{path}: expected the key classes, and ignored or no other")
    return check_classes(f"{path}, ", content["classes"], content.get("ignored", []))


def check_classes(place: str, classes: Any, ignored: Any) -> Classes:
    """Return the classes with whole numbers for ids, which JSON makes text.

    Args:
        place: Begins the message of an error, before the key.

    Raises:
        ValueError: An id is no whole number from 0, a name is no text or given twice, or an ignored
            id is not among the classes.
    """
    if not isinstance(classes, Mapping) or not classes:
        raise ValueError(f"{place}classes: {classes!r} found, expected ids with their names")
    names: dict[int, str] = {}
    for key, name in classes.items():
        if not isinstance(name, str) or not name or name in names.values():
            raise ValueError(f"{place}classes: {key}: {name!r} found, expected a name of its own")
        names[_whole(f"{place}classes", key)] = name
    if not isinstance(ignored, list | tuple):
        raise ValueError(f"{place}ignored: {ignored!r} found, expected a list of class ids")
    ids = tuple(_whole(f"{place}ignored", key) for key in ignored)
    if not set(ids) <= set(names):
        raise ValueError(f"{place}ignored: {list(ids)} found, expected some of {sorted(names)}")
    return names, ids


def _whole(place: str, key: Any) -> int:
    if isinstance(key, bool) or not str(key).isdecimal() or len(str(key)) > len("2147483647"):
        raise ValueError(f"{place}: {key!r} found, expected a whole number")
    return int(key)
