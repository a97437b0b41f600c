"""Corruptions of the repository's Parquet files: changed columns and metadata."""

from __future__ import annotations

import json
from io import BytesIO
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.broken import by_values
from tests.support.broken.by_cells import break_run, run_of

_KEY = b"masktrack-bench"
_TYPES = [
    *(pa.bool_(), pa.int8(), pa.int16(), pa.uint32(), pa.uint64(), pa.float16(), pa.float32()),
    *(pa.float64(), pa.string(), pa.binary(), pa.large_binary(), pa.date32(), pa.timestamp("ns")),
    *(pa.decimal128(38, 2), pa.dictionary(pa.int32(), pa.int64()), pa.list_(pa.int64()), pa.null()),
]
_ODD = [
    *(float("nan"), float("inf"), -1, 0, 2**31 - 1, 2**31, 2**53, 2**63 - 1, -(2**63), 1e308, 0.5),
    *(-1e308, 2**40, 7, 1e-300),
]


def _table(data: bytes) -> pa.Table:
    return pq.read_table(BytesIO(data))


def _write(table: pa.Table) -> bytes:
    sink = BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def retype(data: bytes, random: Random) -> bytes:
    """Return a file with a column cast to another type, or empty where it cannot be cast."""
    table = _table(data)
    place = random.randrange(table.num_columns)
    name, column, kind = table.column_names[place], table.column(place), random.choice(_TYPES)
    try:
        new = column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        new = pa.nulls(len(table), kind)
    return _write(table.set_column(place, name, new))


def cells(data: bytes, random: Random) -> bytes:
    """Return a file with some unusual or empty cells."""
    table = _table(data)
    place = random.randrange(table.num_columns)
    name, column = table.column_names[place], table.column(place)
    values = column.to_pylist()
    for _ in range(random.randint(1, 3)):
        odd = random.choice([*_ODD, None, values[random.randrange(len(values))]])
        if name == "rle" and odd is not None:
            odd = break_run("0400", random).encode()
        values[random.randrange(len(values))] = odd
    try:
        new = pa.array(values, column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        new = pa.array(np.array(values, object).astype(float))
    return _write(table.set_column(place, name, new))


def columns(data: bytes, random: Random) -> bytes:
    """Return a file with a column removed, repeated, renamed, added, or moved."""
    table = _table(data)
    place = random.randrange(table.num_columns)
    name, column = table.column_names[place], table.column(place)
    other = random.choice(
        [*table.column_names, "extra", name.upper(), "", "rle", "visibility", "area"]
    )
    changes = [
        lambda: table.remove_column(place),
        lambda: table.append_column(name, column),
        lambda: table.append_column(other, column),
        lambda: table.set_column(place, other, column),
        lambda: table.remove_column(place).append_column(name, column),
        lambda: table.slice(0, 0),
        lambda: pa.concat_tables([table] * random.choice([2, 50])),
        lambda: table.take(list(range(len(table)))[::-1]),
        lambda: table.select([]),
    ]
    return _write(random.choice(changes)())


def metadata(data: bytes, random: Random) -> bytes:
    """Return a file with an unusual image size, classes or schema version."""
    table = _table(data)
    text = table.schema.metadata[_KEY]
    corrupted = random.choice([by_values.odd, by_values.drop, by_values.near, by_values.deep])(
        text, random
    )
    if random.random() < 0.1:
        corrupted = text[: random.randrange(len(text))]
    return _write(table.replace_schema_metadata({_KEY: corrupted}))


def huge(data: bytes, random: Random) -> bytes:
    """Return a file whose images and masks exceed memory."""
    table, side = _table(data), random.choice([2**15, 2**16, 2**31, 2**40])
    content = json.loads(table.schema.metadata[_KEY]) | {"height": side, "width": side}
    place = table.column_names.index("rle")
    runs = pa.array([run_of(side * side)] * len(table), pa.binary())
    table = table.set_column(place, "rle", runs)
    return _write(table.replace_schema_metadata({_KEY: json.dumps(content).encode()}))


CORRUPTIONS = (retype, cells, cells, columns, metadata, metadata, huge)
