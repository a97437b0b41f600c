"""An Extent as JSON: part of the metadata of Parquet files and of sequence.json."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from datasets.records.columns import show
from datasets.types import Extent

_MAX_DIGITS = 16


def extent_to_json(extent: Extent) -> dict[str, Any]:
    """Return an extent as JSON content."""
    return {
        "height": int(extent.height),
        "width": int(extent.width),
        "frame_count": int(extent.frame_count),
        "classes": {str(key): name for key, name in extent.classes.items()},
        "ignored": [int(key) for key in extent.ignored],
    }


def extent_from_json(content: Any) -> Extent:
    """Return the extent that `extent_to_json` wrote.

    Raises:
        ValueError: The content has other keys, or a value is invalid.
    """
    expected = {field.name for field in fields(Extent)}
    if not isinstance(content, dict) or content.keys() != expected:
        found = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"extent: expected {sorted(expected)}, found {found}")
    classes, ignored = content["classes"], content["ignored"]
    if not isinstance(classes, dict) or not all(map(_is_whole, classes)):
        raise ValueError(f"classes: expected names by class id, found {show(classes)}")
    if not isinstance(ignored, list) or not all(type(key) is int for key in ignored):
        raise ValueError(f"ignored: expected a list of class ids, found {show(ignored)}")
    named = {int(key): name for key, name in classes.items()}
    return Extent(**content | {"classes": named, "ignored": tuple(ignored)})


def _is_whole(text: str) -> bool:
    """Return whether a text is a whole number as `str` writes it, so that keys are unique."""
    digits = text.removeprefix("-")
    whole = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS
    return whole and str(int(text)) == text
