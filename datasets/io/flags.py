"""Values of the command line that several programs take."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

_FASTEST = 1000
_LONGEST_SHOWN = 80  # letters of a value in an error


def frames_per_second(text: str) -> float:
    """Return a frame rate; ArgumentTypeError for what is none."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= _FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r} found, expected frames per second")
    return rate


def json_value(text: str) -> Any:
    """Return what a text in JSON stands for; ArgumentTypeError for what is none.

    A key that is there twice, numbers that are not finite and endless nesting are refused.
    """
    try:
        return json.loads(
            text, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(
            f"{_short(text)!r} found: not valid JSON: {_reason(error)}"
        ) from error


def json_mapping(text: str) -> dict[str, Any]:
    """Return what a JSON object stands for; ArgumentTypeError for what is none."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{_short(text)!r} found, expected values by name")
    return value


def _reason(error: Exception) -> str:
    """Return what is wrong, and for broken syntax from where on."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    rest = error.doc[error.pos :]
    there = repr(_short(rest)) if rest else "the end"
    return f"{error.msg} at character {error.pos + 1}, where {there} is"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} found, expected a finite number")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice[:40]!r} found twice")
    return content
