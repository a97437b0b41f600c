"""Tables as frozen dataclasses of arrays with one row a target; a field may be such a table."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

Table = TypeVar("Table")


def take(table: Table, rows: np.ndarray) -> Table:
    """Return the rows of an index or boolean array, in that order."""
    return _each(lambda column: column[rows], table)


def join(*tables: Table) -> Table:
    """Return the rows of all tables, one table after the other."""
    return _each(lambda *columns: np.concatenate(columns), *tables)


def put(table: Table, rows: np.ndarray, values: Table) -> Table:
    """Return `table` with `rows` replaced by those of `values`."""

    def replaced(column: np.ndarray, value: np.ndarray) -> np.ndarray:
        column = np.array(column)
        column[rows] = value
        return column

    return _each(replaced, table, values)


def _each(function: Any, *tables: Any) -> Any:
    """Return a table of the function's value for each column of the tables."""
    columns = {}
    for each in fields(tables[0]):
        values = [getattr(table, each.name) for table in tables]
        nested = is_dataclass(values[0])
        columns[each.name] = _each(function, *values) if nested else function(*values)
    return type(tables[0])(**columns)
