"""Read and write Tracks in the repository's own format: Parquet with extent and schema version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.formats.extent_json import extent_from_json, extent_to_json
from datasets.io.arrow import open_native, to_array, to_bytes_column, to_column
from datasets.io.errors import shorten
from datasets.io.files import replacing
from datasets.masks.mask_set import Masks
from datasets.types import Extent, Tracks

SCHEMA_VERSION = 2
MAX_ROWS = 1 << 24  # ten times those of MOT20
_MAX_BYTES = 1 << 32  # uncompressed size of all columns
_KEY = b"masktrack-bench"
_CORNERS = ("left", "top", "right", "bottom")
_NEEDED = {
    "frame": pa.int32(),
    "track": pa.int64(),
    "class_id": pa.int32(),
    "score": pa.float64(),
    **dict.fromkeys(_CORNERS, pa.float64()),
}
_TYPES = {**_NEEDED, "visibility": pa.float64(), "area": pa.float64(), "rle": pa.binary()}


def write_tracks(path: Path, tracks: Tracks) -> None:
    """Write `tracks` completely, or not at all."""
    values = {
        **{name: getattr(tracks, name) for name in _TYPES if name not in ("rle", *_CORNERS)},
        **dict(zip(_CORNERS, tracks.box.T, strict=True)),
    }
    columns = {
        name: to_column(column, _TYPES[name])
        for name, column in values.items()
        if column is not None
    }
    if tracks.rle is not None:
        columns["rle"] = to_bytes_column(tracks.rle.runs, _TYPES["rle"])
    table = pa.table({name: columns[name] for name in _TYPES if name in columns})
    table = table.replace_schema_metadata({_KEY: _describe(tracks.extent)})
    with replacing(path) as part, part.open("wb") as file:
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)


def read_tracks(path: Path) -> Tracks:
    """Return the tracks of a file.

    Raises:
        ValueError: The file is not a Parquet file, was not written by `write_tracks`, has an
            unknown schema version or too many rows or bytes, or a row breaks a rule of Tracks.
            Names the file.
    """
    with open_native(path) as file:
        try:
            extent, table = _read_table(file)
            return _make_tracks(table, extent)
        except (pa.ArrowException, OSError, RecursionError, ValueError) as error:
            raise ValueError(f"{path}: {shorten(str(error))}") from error


def _read_table(file: pa.NativeFile) -> tuple[Extent, pa.Table]:
    """Return the extent and the columns as they are stored.

    The sizes in the file's metadata are checked before memory is allocated: repeated values take
    almost no space in a file, 10^8 rows per megabyte.
    """
    source = pq.ParquetFile(file)
    extent = _extent((source.schema_arrow.metadata or {}).get(_KEY))
    _check_columns(source.schema_arrow)
    rows = source.metadata.num_rows
    if rows > MAX_ROWS:
        raise ValueError(f"expected at most {MAX_ROWS} rows, found {rows}")
    size = _uncompressed_size(source.metadata)
    if size > _MAX_BYTES:
        raise ValueError(f"expected at most {_MAX_BYTES} bytes, found {size}")
    table = pq.ParquetFile(
        file,
        metadata=source.metadata,
        page_checksum_verification=True,
        read_dictionary=[name for name in source.schema_arrow.names if name == "rle"],
    ).read(use_threads=False)  # no thread is left at work when a column is damaged
    for name in table.column_names:
        if table[name].null_count:
            raise ValueError(f"column {name} has empty cells")
    return extent, table


def _uncompressed_size(metadata: pq.FileMetaData) -> int:
    """Return the uncompressed size of all pages in bytes.

    The sizes are those of row groups, not of their columns: reading a column whose statistics are
    inconsistent crashes the process.
    """
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return sum(group.total_byte_size for group in groups)


def _run_lengths(column: pa.ChunkedArray) -> list[bytes]:
    """Return the run lengths, with equal ones as one object: a file may repeat a large one."""
    runs: list[bytes] = []
    for chunk in column.chunks:
        values, places = chunk.dictionary.to_pylist(), np.from_dlpack(chunk.indices)
        if len(places) and not 0 <= places.min() <= places.max() < len(values):
            raise ValueError("column rle: indices refer to missing dictionary values")
        runs += [values[place] for place in places.tolist()]
    total = sum(map(len, runs))
    if total > _MAX_BYTES:
        raise ValueError(f"column rle: expected at most {_MAX_BYTES} bytes, found {total}")
    return runs


def _make_tracks(table: pa.Table, extent: Extent) -> Tracks:
    columns: dict[str, Any] = {
        name: to_array(table[name]) for name in table.column_names if name not in ("rle", *_CORNERS)
    }
    if "rle" in table.column_names:
        columns["rle"] = Masks.read(_run_lengths(table["rle"]), extent.height, extent.width)
    box = np.stack([to_array(table[name]) for name in _CORNERS], axis=1)
    return Tracks(extent, box=box, **columns)


def _check_columns(schema: pa.Schema) -> None:
    """Raise ValueError for columns that differ from those which `write_tracks` writes."""
    found = dict(zip(schema.names, schema.types, strict=True))
    expected = {name: kind for name, kind in _TYPES.items() if name in _NEEDED or name in found}
    if found != expected or len(found) < len(schema):
        names = [f"{field.name} {field.type}" for field in schema]
        known = [f"{name} {kind}" for name, kind in expected.items()]
        raise ValueError(f"columns: expected {known}, found {names}")


def _describe(extent: Extent) -> bytes:
    return json.dumps({"schema_version": SCHEMA_VERSION, **extent_to_json(extent)}).encode()


def _extent(metadata: bytes | None) -> Extent:
    if metadata is None:
        raise ValueError("not a tracks file of this project: the metadata has no image size")
    content = json.loads(metadata)
    found = content.pop("schema_version", None) if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise ValueError(f"schema version: expected {SCHEMA_VERSION}, found {found}")
    return extent_from_json(content)
