"""Tracks on disk, the repository's own format: Parquet, zstd, extent and schema in the metadata."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.arrow import to_array
from datasets.files import replacing
from datasets.runs import Masks
from datasets.types import Extent, Tracks

SCHEMA_VERSION = 2
_KEY = b"masktrack-bench"
_CORNERS = ("left", "top", "right", "bottom")
_OPTIONAL = ("visibility", "area")


def write_tracks(path: Path, tracks: Tracks) -> None:
    """Write `tracks`, whole or not at all."""
    columns: dict[str, pa.Array] = {
        "frame": pa.array(tracks.frame, pa.int32()),
        "track": pa.array(tracks.track, pa.int64()),
        "class_id": pa.array(tracks.class_id, pa.int32()),
        "score": pa.array(tracks.score, pa.float64()),
    }
    for corner, name in enumerate(_CORNERS):
        columns[name] = pa.array(tracks.box[:, corner], pa.float64())
    for name in _OPTIONAL:
        if getattr(tracks, name) is not None:
            columns[name] = pa.array(getattr(tracks, name), pa.float64())
    if tracks.rle is not None:
        columns["rle"] = pa.array(tracks.rle.runs, pa.binary())
    table = pa.table(columns).replace_schema_metadata({_KEY: _describe(tracks.extent)})
    with replacing(path) as part:
        pq.write_table(table, part, compression="zstd")


def read_tracks(path: Path) -> Tracks:
    """Return the tracks of a file.

    Raises:
        ValueError: The file is no Parquet file, was not written by `write_tracks`, has a schema
            version this code does not know, or a row breaks a rule of Tracks. Names the file.
    """
    try:
        # partitioning=None: a folder called "a=b" is a name, not a column
        table = pq.read_table(path, partitioning=None)
        extent = _extent((table.schema.metadata or {}).get(_KEY))
        names = set(table.column_names)
        _refuse_nulls(table)
        size = extent.height, extent.width
        return Tracks(
            extent,
            **{name: to_array(table[name]) for name in ("frame", "track", "class_id", "score")},
            box=np.stack([to_array(table[name]) for name in _CORNERS], axis=1),
            rle=Masks.read(table["rle"].to_pylist(), *size) if "rle" in names else None,
            **{name: to_array(table[name]) for name in _OPTIONAL if name in names},
        )
    except FileNotFoundError:
        raise
    except (pa.ArrowException, KeyError, ValueError, OSError) as error:
        raise ValueError(f"{path}: {error}") from error


def _refuse_nulls(table: pa.Table) -> None:
    for name in table.column_names:
        if table[name].null_count:
            raise ValueError(f"column {name} has empty cells")


def _describe(extent: Extent) -> bytes:
    content = {
        "schema_version": SCHEMA_VERSION,
        "height": extent.height,
        "width": extent.width,
        "frame_count": extent.frame_count,
        "classes": {str(key): name for key, name in extent.classes.items()},
        "ignored": list(extent.ignored),
    }
    return json.dumps(content).encode()


def _extent(metadata: bytes | None) -> Extent:
    if metadata is None:
        raise ValueError("not a tracks file of this project: its metadata has no image size")
    content = json.loads(metadata)
    if content["schema_version"] != SCHEMA_VERSION:
        raise ValueError(
            f"schema version {content['schema_version']} found, expected {SCHEMA_VERSION}"
        )
    classes = {int(key): name for key, name in content["classes"].items()}
    size = content["height"], content["width"], content["frame_count"]
    return Extent(*size, classes, tuple(content["ignored"]))
