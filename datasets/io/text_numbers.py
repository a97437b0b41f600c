"""Parse the numbers in the lines of a text file with Arrow, whose import takes memory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as Many
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from datasets.io.arrow import to_array
from datasets.io.errors import RowError

# the numbers that Arrow accepts; ++ does not backtrack, which takes time on long lines
_NUMBER = re.compile(
    rb"[ \t]*+[+-]?((\d++(\.\d*+)?|\.\d++)(e[+-]?\d++)?|nan|inf|infinity)[ \t]*+", re.IGNORECASE
)
_FRAME = re.compile(r"frame (-?\d+) \(from 0\)")
_MAX_BLOCK_BYTES = 2**31 - 1  # bytes that Arrow reads at once
_MAX_EXACT_INTEGER = 2**53 - 1  # float64 does not hold all whole numbers above it


def to_numbers(rows: Many[Many[bytes]], columns: int) -> np.ndarray:
    """Return cells without spaces as float64, shape (N, columns).

    Raises:
        RowError: A cell is not a number.
    """
    if not rows:
        return np.zeros((0, columns))
    try:
        return parse_numbers(b"\n".join(map(b" ".join, rows)), columns, " ")
    except pa.ArrowInvalid:
        for number, row in enumerate(rows):
            check_numbers(row, number)
        raise


def parse_numbers(data: bytes, columns: int, delimiter: str) -> np.ndarray:
    """Return the first columns of a table as float64, shape (N, columns).

    Raises:
        pyarrow.ArrowInvalid: A cell is not a number, or lines differ in their number of cells.
        pyarrow.ArrowKeyError: There are fewer columns.
    """
    names = [f"f{column}" for column in range(columns)]
    table = csv.read_csv(
        pa.BufferReader(data + b"\n"),
        csv.ReadOptions(
            autogenerate_column_names=True,
            use_threads=False,
            block_size=min(len(data) + 1, _MAX_BLOCK_BYTES),
        ),
        csv.ParseOptions(delimiter=delimiter, quote_char=False),
        csv.ConvertOptions(
            include_columns=names,
            column_types=dict.fromkeys(names, pa.float64()),
            null_values=[],
            check_utf8=False,
        ),
    )
    return np.stack([to_array(column) for column in table.columns]).T  # contiguous columns


def check_numbers(cells: Iterable[bytes], row: int) -> None:
    """Raise RowError for the first cell that is not a number."""
    for place, cell in enumerate(cells):
        if not _NUMBER.fullmatch(cell):
            found = repr(cell[:40].decode(errors="replace"))
            header = ": column names are not read: remove the line"
            is_header = row == place == 0 and cell.strip()[:1].isalpha()
            raise RowError(row, f"expected a number, found {found}{header if is_header else ''}")


def as_numbered(reason: str, first: int) -> str:
    """Return a reason with the frame as it is numbered in the file.

    Args:
        reason: Reason of a RowError of Tracks, such as "identity 3 appears twice in frame 7 (from
            0)".
        first: Number of the first frame in the file.
    """
    return _FRAME.sub(lambda match: f"frame {int(match[1]) + first}", reason)


def check_frames(frames: np.ndarray, first: int, count: int) -> None:
    """Raise RowError for a frame, as it stands in the file, that is not one of a sequence.

    Args:
        first: Number of the first frame in the file.
        count: Number of frames of the sequence.
    """
    within = (frames >= first) & (frames < first + count)  # false for NaN
    wrong = ~within | (np.floor(frames) != frames)
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    frame, last = float(frames[row]), first + count - 1
    found = f"frame {int(frame) if frame.is_integer() else frame}"
    hint = f": do the frames of the file count from {1 - first}? Here they count from {first}"
    shifted = frame == first - 1 if first else frame == last + 1
    raise RowError(
        row, f"expected a frame from {first} to {last}, found {found}{hint if shifted else ''}"
    )


def check_named(track: np.ndarray) -> None:
    """Raise RowError for a negative identity in results, which has two readings."""
    unnamed = track < 0
    if unnamed.any():
        row = int(np.argmax(unnamed))
        raise RowError(
            row,
            f"expected an identity from 0, found {track[row]:.0f}: either a detection without "
            "track, which is to be removed, or a track, which is to be numbered (TrackEval 1.3.0 "
            "takes -1 for the largest identity)",
        )


def check_identities(path: Path, track: np.ndarray) -> None:
    """Raise ValueError for an identity that changes if a reader converts it to float64."""
    large = abs(track) > _MAX_EXACT_INTEGER
    if large.any():
        found = track[np.argmax(large)]
        raise ValueError(f"{path}: not written: expected identities below 2^53, found {found}")
