"""Types of command line arguments that several programs share."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

_MAX_FRAME_RATE = 1000
_MAX_SHOWN = 80  # characters of a value in an error


def frames_per_second(text: str) -> float:
    """Return a frame rate; ArgumentTypeError for an invalid one."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= _MAX_FRAME_RATE:
        expected = f"frames per second, above 0 and at most {_MAX_FRAME_RATE}"
        raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}")
    return rate


def positive_int(text: str) -> int:
    """Return a whole number of at least 1; ArgumentTypeError for another text."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, found {text!r}")
    return int(text)


def frame_index(text: str) -> int:
    """Return the number of a frame, from 0; ArgumentTypeError for another text."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a frame number from 0, found {text!r}")
    return int(text)


def json_value(text: str) -> Any:
    """Return the value of a JSON text; ArgumentTypeError if it is invalid.

    Duplicate keys, numbers that are not finite and excessive nesting are refused.
    """
    try:
        return json.loads(
            text, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(
            f"expected valid JSON, found {_short(text)!r}: {_reason(error)}"
        ) from error


def json_mapping(text: str) -> dict[str, Any]:
    """Return the dict of a JSON object; ArgumentTypeError for other values."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"expected a JSON object, found {_short(text)!r}")
    return value


def _reason(error: Exception) -> str:
    """Return the reason, with the position of a syntax error."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    rest = error.doc[error.pos :]
    here = repr(_short(rest)) if rest else "the end"
    return f"{error.msg} at character {error.pos + 1}, before {here}"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, found {text[:40]}")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"duplicate key {duplicate[:40]!r}")
    return content
