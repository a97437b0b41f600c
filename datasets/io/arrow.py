"""Columns of Arrow tables from and to numpy, without what loads pandas.

Arrow's own ways between the two look for pandas, which takes longer to load, and more memory, than
most files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa


def open_native(path: Path) -> pa.NativeFile:
    """Return a file for Arrow to read from; OSError if there is none.

    Not one of Python's: a thread of Arrow's that lets go of it as Python ends aborts the program.
    """
    return pa.OSFile(str(path))


def to_array(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of numbers without empty cells, read-only."""
    return np.from_dlpack(column.combine_chunks())


def to_column(values: np.ndarray, kind: pa.DataType, empty: np.ndarray | None = None) -> pa.Array:
    """Return numbers, (N,), as a column of a kind of number.

    Args:
        empty: (N,) bool, which cells are to hold nothing.

    Raises:
        ValueError: A number does not fit into a cell.
    """
    numbers = np.ascontiguousarray(values, kind.to_pandas_dtype())
    if numbers.dtype.kind == "i" and (numbers != values).any():
        raise ValueError(f"{values[numbers != values][0]} found, which is no {kind}")
    full = None if empty is None else pa.py_buffer(np.packbits(~empty, bitorder="little"))
    return pa.Array.from_buffers(kind, len(numbers), [full, pa.py_buffer(numbers)])


def to_bytes_column(values: Sequence[bytes], kind: pa.DataType) -> pa.Array:
    """Return a column of `pa.binary()`, or of `pa.string()` where the bytes are UTF-8."""
    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(value) for value in values], out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise ValueError(f"a column of {ends[-1]} bytes: more than 2 GiB")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)
