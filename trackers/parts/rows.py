"""Tables with one row per target: frozen dataclasses of arrays, or of such tables."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

Table = TypeVar("Table")


def take(table: Table, rows: np.ndarray) -> Table:
    """Return the rows selected by an index or boolean array, in that order."""
    return _each(lambda column: column[rows], table)


def join(*tables: Table) -> Table:
    """Return the concatenated rows of all tables."""
    return _each(lambda *columns: np.concatenate(columns), *tables)


def put(table: Table, rows: np.ndarray, values: Table) -> Table:
    """Return a copy of `table` in which `rows` are replaced by `values`."""

    def replaced(column: np.ndarray, value: np.ndarray) -> np.ndarray:
        column = np.array(column)
        column[rows] = value
        return column

    return _each(replaced, table, values)


def _each(function: Any, *tables: Any) -> Any:
    """Return a table whose columns are the function's results on the columns of the tables."""
    columns = {}
    for each in fields(tables[0]):
        values = [getattr(table, each.name) for table in tables]
        nested = is_dataclass(values[0])
        columns[each.name] = _each(function, *values) if nested else function(*values)
    return type(tables[0])(**columns)
