"""An Extent as JSON: part of the metadata of our Parquet files and of sequence.json."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from datasets.formats.json_records import show
from datasets.types import Extent

_MOST_DIGITS = 16


def extent_to_json(extent: Extent) -> dict[str, Any]:
    """Return what a file holds of an extent."""
    return {
        "height": int(extent.height),
        "width": int(extent.width),
        "frame_count": int(extent.frame_count),
        "classes": {str(key): name for key, name in extent.classes.items()},
        "ignored": [int(key) for key in extent.ignored],
    }


def extent_from_json(content: Any) -> Extent:
    """Return the extent of what `extent_to_json` gave.

    Raises:
        ValueError: It has other keys, or a value is not what it should be.
    """
    expected = {field.name for field in fields(Extent)}
    if not isinstance(content, dict) or content.keys() != expected:
        found = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"extent: {found} found, expected {sorted(expected)}")
    classes, ignored = content["classes"], content["ignored"]
    if not isinstance(classes, dict) or not all(map(_is_whole, classes)):
        raise ValueError(f"classes: {show(classes)} found, expected names by class id")
    if not isinstance(ignored, list) or not all(type(key) is int for key in ignored):
        raise ValueError(f"ignored: {show(ignored)} found, expected a list of class ids")
    named = {int(key): name for key, name in classes.items()}
    return Extent(**content | {"classes": named, "ignored": tuple(ignored)})


def _is_whole(text: str) -> bool:
    """Whether a text is a whole number as `str` writes it, so that no two are the same."""
    digits = text.removeprefix("-")
    whole = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
    return whole and str(int(text)) == text
