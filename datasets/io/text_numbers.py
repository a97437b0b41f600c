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
from datasets.io.mended import count_mended

# the numbers that Arrow accepts; ++ does not backtrack, which takes time on long lines
_NUMBER = re.compile(
    rb"[ \t]*+[+-]?((\d++(\.\d*+)?|\.\d++)(e[+-]?\d++)?|nan|inf|infinity)[ \t]*+", re.IGNORECASE
)
_MAX_BLOCK_BYTES = 2**31 - 1  # bytes that Arrow reads at once
_MAX_COORDINATE = 2.0**31  # pixels, as in Tracks
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
    for cell in cells:
        if not _NUMBER.fullmatch(cell):
            found = repr(cell[:40].decode(errors="replace"))
            raise RowError(row, f"expected a number, found {found}")


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
    frame = float(frames[row])
    found = f"frame {int(frame) if frame.is_integer() else frame}"
    hint = f": do the frames of the file count from 0? Here they count from {first}"
    shown = hint if first and frame == 0 else ""
    raise RowError(
        row, f"expected a frame from {first} to {first + count - 1}, found {found}{shown}"
    )


def mend_sizes(box: np.ndarray) -> np.ndarray:
    """Return boxes whose far corner is not before the near one, and count those mended.

    A box of negative width or height overlaps nothing in TrackEval 1.3.0; so does one of width or
    height zero. Boxes with a corner beyond the maximum coordinate are left to be refused.
    """
    near, far = box[:, :2], box[:, 2:]
    if not (far < near).any():
        return box
    usual = (abs(box) <= _MAX_COORDINATE).all(axis=1)
    negative = np.asarray((far < near).any(axis=1) & usual)
    count_mended("boxes of negative width or height, read as without area", int(negative.sum()))
    mended = np.concatenate([near, np.maximum(near, far)], axis=1)
    return np.where(negative[:, None], mended, box)


def check_identities(path: Path, track: np.ndarray) -> None:
    """Raise ValueError for an identity that changes if a reader converts it to float64."""
    large = abs(track) > _MAX_EXACT_INTEGER
    if large.any():
        found = track[np.argmax(large)]
        raise ValueError(f"{path}: not written: expected identities below 2^53, found {found}")
