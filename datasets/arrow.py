"""Columns of Arrow tables as numpy arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def to_array(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of numbers without empty cells, read-only.

    Not by its `to_numpy`, which loads pandas: that takes longer, and more memory, than most files.
    """
    return np.from_dlpack(column.combine_chunks())
