"""Metadata that exporters write to a network file, and its comparison with the network card.

Ultralytics' exporters write the names of the classes, the task, the size of the input, the stride
and whether the network selects its detections itself; YOLOv5 writes names and stride.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trackers.detectors.card import Card, class_list
from trackers.detectors.layouts.table import LAYOUTS, Layout
from trackers.option_types import PositiveInt, accepts
from trackers.parts.class_names import synonyms

_TASKS = ("detect", "segment")
_OTHER_TASKS = ("classify", "pose", "obb", "semantic", "depth")
_PLAIN, _SELECTING = "yolov8", ("end_to_end", "yolov7_nms")  # layouts


@dataclass(frozen=True)
class Metadata:
    """Metadata of a network file; None for what the file does not say.

    Args:
        names: Names of the classes in order.
        task: Task of the network, such as `detect`.
        size: Height and width of the input.
        stride: Height and width of the input are multiples of this.
        end_to_end: Whether the network selects its detections itself.
        description: Name of the network, in words.
    """

    names: tuple[str, ...] | None = None
    task: str | None = None
    size: tuple[int, int] | None = None
    stride: int | None = None
    end_to_end: bool | None = None
    description: str = ""


def read_metadata(properties: Mapping[str, str], place: str) -> Metadata:
    """Return the metadata in the properties of a network file; unknown properties are ignored.

    Args:
        place: Name of the network file, for messages.

    Raises:
        ValueError: A property is no value of its kind. Names the file and the property.
    """
    values = {key: _parse(key, properties[key], place) for key in _PARSERS if properties.get(key)}
    names: tuple[str, ...] | None = values.get("names")
    selecting = [values[key] for key in ("end2end", "args") if values.get(key) is not None]
    return Metadata(
        None if names is None or _are_numbered(names) else names,
        properties.get("task"),
        values.get("imgsz"),
        values.get("stride"),
        any(selecting) if selecting else None,
        properties.get("description", ""),
    )


def combine(card: Card, metadata: Metadata, place: str) -> tuple[Layout, tuple[str, ...]]:
    """Return the layout and the classes that a network card says, or else the metadata.

    Args:
        place: Name of the network file, for messages.

    Raises:
        ValueError: The network is for another task, the card contradicts the metadata, or neither
            says the layout or the classes.
    """
    if metadata.task in _OTHER_TASKS:
        raise ValueError(
            f"{place}: expected a network that detects objects, found one for the task "
            f"{metadata.task!r} in its metadata"
        )
    classes = None if card.classes is None else class_list(card.classes)
    _check_layout(card.layout, metadata, place)
    _check_classes(classes, metadata.names, place)
    name, classes = card.layout or _layout(metadata), classes or metadata.names
    if name is None:
        raise ValueError(_missing(place, "layout", f"one of {[*LAYOUTS]}"))
    if classes is None:
        raise ValueError(_missing(place, "classes", "the names of the classes"))
    try:
        return card.apply_to(LAYOUTS[name]), classes
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _missing(place: str, key: str, expected: str) -> str:
    return (
        f"{place}: {key}: expected {expected} in the network card, because the metadata of the "
        "file does not say it, found none"
    )


def _layout(metadata: Metadata) -> str | None:
    if metadata.task not in _TASKS:
        return None
    if "rtdetr" in metadata.description.lower().replace("-", ""):
        return "rtdetr"
    return _SELECTING[0] if metadata.end_to_end else _PLAIN


def _check_layout(layout: str | None, metadata: Metadata, place: str) -> None:
    """Raise ValueError if the layout of a card contradicts the metadata."""
    if layout is None or metadata.end_to_end is None:
        return
    if metadata.end_to_end != (layout in _SELECTING):
        does = "selects" if metadata.end_to_end else "does not select"
        expected = _SELECTING[0] if metadata.end_to_end else "another layout"
        raise ValueError(
            f"{place}: layout: expected {expected}, because the metadata of the file says that the "
            f"network {does} its detections itself, found {layout} in the network card"
        )


def _check_classes(
    classes: tuple[str, ...] | None, names: tuple[str, ...] | None, place: str
) -> None:
    """Raise ValueError if the classes of a card are not those of the metadata."""
    if classes is None or names is None:
        return
    if len(classes) != len(names):
        raise ValueError(
            f"{place}: classes: expected the {len(names)} of the metadata of the file, found "
            f"{len(classes)} in the network card"
        )
    for number, (ours, theirs) in enumerate(zip(classes, names, strict=True)):
        if ours not in synonyms(theirs):
            raise ValueError(
                f"{place}: classes: expected {theirs!r} as number {number}, from the metadata of "
                f"the file, found {ours!r} in the network card"
            )


def _parse(key: str, text: str, place: str) -> Any:
    """Return the value of a property; None if it is neither a Python literal nor JSON."""
    try:
        value = _literal(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    try:
        return _PARSERS[key](value)
    except ValueError as error:
        raise ValueError(f"{place}: metadata: {key}: {error}") from error


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return json.loads(text)


def _names(value: Any) -> tuple[str, ...]:
    """Return the names of classes, whose numbers are texts in JSON."""
    if isinstance(value, dict):
        return class_list({_number(key): name for key, name in value.items()})
    return class_list(value)


def _number(key: Any) -> Any:
    return int(key) if isinstance(key, str) and key.isdecimal() else key


def _size(value: Any) -> tuple[int, int]:
    """Return height and width from one number or two."""
    sides = [value, value] if isinstance(value, int) else value
    if not accepts(tuple[PositiveInt, PositiveInt], sides):
        raise ValueError(f"expected one or two positive integers, found {value!r:.200}")
    return sides[0], sides[1]


def _stride(value: Any) -> int:
    """Return the largest stride from one number or several."""
    strides = value if isinstance(value, list) else [value]
    if not strides or not accepts(list[PositiveInt], strides):
        raise ValueError(f"expected positive integers, found {value!r:.200}")
    return max(strides)


def _suppresses(value: Any) -> bool | None:
    """Return whether the export includes suppression; None if the metadata does not say."""
    return bool(value["nms"]) if isinstance(value, dict) and "nms" in value else None


def _are_numbered(names: tuple[str, ...]) -> bool:
    """Return whether names say nothing, as those that exporters write for lack of names."""
    return all(name == f"class{number}" for number, name in enumerate(names))


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "names": _names,
    "imgsz": _size,
    "stride": _stride,
    "end2end": bool,
    "args": _suppresses,
}
