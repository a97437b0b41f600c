"""Convert columns of Arrow tables from and to numpy, without importing pandas.

Arrow's own conversions try to import pandas, which takes more time and memory than most files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa


def open_native(path: Path) -> pa.NativeFile:
    """Return a file for Arrow to read from; OSError if it does not exist.

    It is not a Python file object: one that an Arrow thread releases while Python exits aborts the
    program.
    """
    return pa.OSFile(str(path))


def to_array(column: pa.ChunkedArray) -> np.ndarray:
    """Return a numeric column without empty cells as a read-only array."""
    return np.from_dlpack(column.combine_chunks())


def to_coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return the dictionary index of each cell of a dictionary column, and the dictionary."""
    coded = column.unify_dictionaries().combine_chunks()
    return np.from_dlpack(coded.indices), coded.dictionary.to_pylist()


def to_column(values: np.ndarray, kind: pa.DataType, empty: np.ndarray | None = None) -> pa.Array:
    """Return numbers, (N,), as a column of a numeric type.

    Args:
        empty: (N,) bool, marks the cells to leave empty.

    Raises:
        ValueError: A number cannot be represented in the type.
    """
    numbers = np.ascontiguousarray(values, kind.to_pandas_dtype())
    if numbers.dtype.kind == "i" and (numbers != values).any():
        raise ValueError(f"expected values of type {kind}, found {values[numbers != values][0]}")
    valid = None if empty is None else pa.py_buffer(np.packbits(~empty, bitorder="little"))
    return pa.Array.from_buffers(kind, len(numbers), [valid, pa.py_buffer(numbers)])


def to_bytes_column(values: Sequence[bytes], kind: pa.DataType) -> pa.Array:
    """Return a column of `pa.binary()`, or of `pa.string()` if the bytes are UTF-8."""
    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(value) for value in values], out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise ValueError(f"column: expected at most 2 GiB, found {ends[-1]} bytes")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)
