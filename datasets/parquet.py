"""Tracks on disk, the repository's own format: Parquet, zstd, extent and schema in the metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.arrow import open_native, to_array, to_bytes_column, to_column
from datasets.errors import shorten
from datasets.extent_json import extent_from_json, extent_to_json
from datasets.files import replacing
from datasets.runs import Masks
from datasets.types import Extent, Tracks

SCHEMA_VERSION = 2
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
    """Write `tracks`, whole or not at all."""
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
        ValueError: The file is no Parquet file, was not written by `write_tracks`, has a schema
            version this code does not know, or a row breaks a rule of Tracks. Names the file.
    """
    with open_native(path) as file:
        try:
            table = pq.ParquetFile(file, page_checksum_verification=True).read()
            extent = _extent((table.schema.metadata or {}).get(_KEY))
            _check_columns(table)
            return _make_tracks(table, extent)
        except (pa.ArrowException, OSError, RecursionError, ValueError) as error:
            raise ValueError(f"{path}: {shorten(str(error))}") from error


def _make_tracks(table: pa.Table, extent: Extent) -> Tracks:
    columns: dict[str, Any] = {
        name: to_array(table[name]) for name in table.column_names if name not in ("rle", *_CORNERS)
    }
    if "rle" in table.column_names:
        columns["rle"] = Masks.read(table["rle"].to_pylist(), extent.height, extent.width)
    box = np.stack([to_array(table[name]) for name in _CORNERS], axis=1)
    return Tracks(extent, box=box, **columns)


def _check_columns(table: pa.Table) -> None:
    """Raise ValueError for columns that are not as `write_tracks` writes them, or not full."""
    found = dict(zip(table.column_names, table.schema.types, strict=True))
    expected = {name: kind for name, kind in _TYPES.items() if name in _NEEDED or name in found}
    if found != expected or len(found) < table.num_columns:
        names = [f"{field.name} {field.type}" for field in table.schema]
        known = [f"{name} {kind}" for name, kind in expected.items()]
        raise ValueError(f"columns {names} found, expected {known}")
    for name in found:
        if table[name].null_count:
            raise ValueError(f"column {name} has empty cells")


def _describe(extent: Extent) -> bytes:
    return json.dumps({"schema_version": SCHEMA_VERSION, **extent_to_json(extent)}).encode()


def _extent(metadata: bytes | None) -> Extent:
    if metadata is None:
        raise ValueError("not a tracks file of this project: its metadata has no image size")
    content = json.loads(metadata)
    found = content.pop("schema_version", None) if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise ValueError(f"schema version {found} found, expected {SCHEMA_VERSION}")
    return extent_from_json(content)
