"""Read a text table of numbers, whose first line decides which separator it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from datasets.io.errors import RowError, line_error
from datasets.io.text_lines import BYTE_ORDER_MARK, count_comments, number_rows, read_text
from datasets.io.text_numbers import check_numbers, parse_numbers
from datasets.tables.columns import SEPARATORS, check_separator, find_separator, unquote

_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True)
class Table:
    """The numbers of a file.

    Args:
        values: (N, columns) float64, NaN where a line has fewer columns.
        width: (N,) number of columns of each line.
    """

    values: np.ndarray
    width: np.ndarray

    def column(self, column: int, default: float) -> np.ndarray:
        """Return a column, or a default for the lines without it."""
        if self.values.shape[1] <= column:
            return np.full(len(self.values), default)
        return np.where(self.width > column, self.values[:, column], default)


def read_table(path: Path, minimum: int, used: int) -> Table:
    """Return the first columns of a table, or as many as there are.

    Args:
        minimum: Number of columns that each line must have.
        used: Number of columns that are read, where lines have them.

    Raises:
        ValueError: A line has too few columns, other separators than the first, or a value that is
            not a number. Names file and line.
    """
    data = _read_commas(path, minimum)
    _, first = next(number_rows(data), (0, b""))
    if not first:
        return Table(np.zeros((0, used)), np.zeros(0, np.int64))
    width = _tidy(first).count(b",") + 1
    if width >= minimum and not _has_lone_return(data):
        try:
            values = parse_numbers(data, min(width, used), ",")
            return Table(values, np.full(len(values), width))
        except (pa.ArrowInvalid, pa.ArrowKeyError):
            pass  # a line is invalid, or is not like the others
    return _read_lines(path, data, minimum, used)


def read_cells(path: Path, minimum: int) -> Iterator[list[bytes]]:
    """Yield the cells of each line; arguments and errors as for `read_table`."""
    for _, line in number_rows(_read_commas(path, minimum)):
        yield _tidy(line).split(b",")


@contextmanager
def naming_line(path: Path, number: int, line: bytes) -> Iterator[None]:
    """Add the file and the line to a ValueError."""
    try:
        yield
    except ValueError as error:
        raise line_error(path, number, str(error), _start_of(line)) from error


def row_error(path: Path, row: int, reason: str) -> ValueError:
    """Return the error for a row of the table in a file."""
    number, line = next(islice(number_rows(path.read_bytes()), row, None))
    return line_error(path, number, reason, _start_of(line))


def _read_lines(path: Path, data: bytes, minimum: int, used: int) -> Table:
    """Return the table, read line by line: slower, with any lines, and with error lines."""
    lines = [_tidy(line) for _, line in number_rows(data)]
    for row, line in enumerate(lines):
        try:
            _check_line(line, row, minimum, used)
        except RowError as error:
            raise row_error(path, row, error.reason) from error
    count_comments(data)
    width = np.array([line.count(b",") + 1 for line in lines])
    columns = min(int(width.max()), used)
    cells = (line.split(b",", columns)[:columns] for line in lines)
    padded = (b",".join([*row, *[b"nan"] * (columns - len(row))]) for row in cells)
    return Table(parse_numbers(b"\n".join(padded), columns, ","), width)


def _read_commas(path: Path, minimum: int) -> bytes:
    """Return the text of a file, with commas in place of other separators.

    Raises:
        ValueError: The first line has two separators, or another line has commas, but the first
            line another separator. Names file and line.
    """
    data = unquote(read_text(path).removeprefix(BYTE_ORDER_MARK))
    first = next(number_rows(data), (1, b""))
    with naming_line(path, *first):
        separator = find_separator(first[1], minimum)
    if separator == b"," or len(first[1].split(separator)) < minimum:
        return data
    for each in number_rows(data) if b"," in data else ():
        with naming_line(path, *each):
            check_separator(each[1], separator, (b",",))
    if separator is not None:
        return data.replace(separator, b",")
    lines = (line.removesuffix(b"\r").strip(b" \t") for line in data.split(b"\n"))
    return b"\n".join(_BLANKS.sub(b",", line) for line in lines)


def _has_lone_return(data: bytes) -> bool:
    """Return whether a carriage return, which ends a line for Arrow, has no line feed after it."""
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def _tidy(line: bytes) -> bytes:
    """Return a line without the separator at its end, unless it holds nothing else."""
    kept = line.removesuffix(b"\r").rstrip(b" \t").removesuffix(b",")
    return kept if kept.strip() else line


def _check_line(line: bytes, row: int, minimum: int, used: int) -> None:
    """Raise RowError for a line with too few columns, or with a used cell that is not a number."""
    columns = line.count(b",") + 1
    if b"\r" in line:
        raise RowError(row, "carriage return within the line")
    if columns < minimum:
        try:
            check_separator(line, b",", SEPARATORS if row else ())
        except ValueError as error:
            raise RowError(row, str(error)) from error
        raise RowError(row, f"expected at least {minimum} columns, found {columns}")
    check_numbers(line.split(b",", used)[:used], row)


def _start_of(line: bytes) -> str:
    return line[:400].decode(errors="replace")
