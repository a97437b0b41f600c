"""The columns of a text table: their separator, and how many there are in each line; whole numbers.

As in TrackEval 1.3.0, the first line decides which separator a file has. Lines of different frames
may differ in their number of columns, lines of one frame may not.
"""

from __future__ import annotations

import math
import re

import numpy as np

from datasets.io.errors import RowError
from datasets.io.mended import count_mended

SEPARATORS = (b",", b";", b":", b"|")
_MAX_EXACT_INTEGER = 2**53  # float64 holds every whole number below it
_MAX_DIGITS = 16
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?")
_QUOTED = re.compile(rb'(?<![^\s,;:|])"([^"\s,;:|]*)"(?![^\s,;:|])')  # a whole cell


def whole_number(text: str) -> int:
    """Return a whole number, which may be written as 3, 3.0 or 3e0.

    Raises:
        ValueError: The text is not a whole number, or is written with a point and not below 2^53.
    """
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS:
        return int(text)
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not (number.is_integer() and abs(number) < _MAX_EXACT_INTEGER):
        raise ValueError(f"expected a whole number, found {text[:40]!r}")
    return int(number)


def unquote(data: bytes) -> bytes:
    """Return text with cells such as "1" without their quotation marks."""
    return _QUOTED.sub(rb"\1", data) if b'"' in data else data


def find_separator(line: bytes, min_columns: int) -> bytes | None:
    """Return the separator of the cells of a line, None for white space.

    Raises:
        ValueError: The line has two separators, of which one may be a decimal comma.
    """
    found = [each for each in SEPARATORS if each in line]
    names = [_name(each) for each in found]
    if len(found) == 1 and line.count(found[0]) + 1 < min_columns <= len(line.split()):
        names.append(_name(None))
    if len(names) > 1:
        raise ValueError(
            f"expected one separator between columns, found {' and '.join(names)}: numbers are "
            "written with a decimal point"
        )
    return found[0] if found else None


def check_separator(line: bytes, separator: bytes | None, others: tuple[bytes, ...]) -> None:
    """Raise ValueError for a line with one of the other separators."""
    for other in others:
        if other != separator and other in line:
            expected = f"{_name(separator)} between columns as in the first line"
            raise ValueError(f"expected {expected}, found {_name(other)}")


def check_widths(width: np.ndarray, minimum: int, *groups: np.ndarray) -> None:
    """Raise RowError unless the lines of each group have equally many columns.

    Args:
        width: (N,) number of columns of each line.
        minimum: Number of columns that each line must have, if they differ.
        groups: (N,) each, such as the frames: lines with equal values in all are a group.
    """
    if not len(width) or width.min() == width.max():
        return
    short = width < minimum
    if short.any():
        row = int(np.argmax(short))
        reason = f"expected at least {minimum} columns, as other lines have more, found"
        raise RowError(row, f"{reason} {width[row]}")
    order = np.lexsort(groups)
    same = np.all([np.diff(group[order]) == 0 for group in groups], axis=0)
    wrong = order[1:][same & (np.diff(width[order]) != 0)]
    if len(wrong):
        row = int(wrong.min())
        expected = "as many columns as in other lines of its frame"
        raise RowError(row, f"expected {expected}, found {width[row]}")
    fewer = int((width < width.max()).sum())
    count_mended("lines with fewer columns than others of their file", fewer)


def _name(separator: bytes | None) -> str:
    return "white space" if separator is None else repr(separator.decode())
