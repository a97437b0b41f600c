"""Small files that expand to gigabytes are refused by name, in little time and memory."""

from __future__ import annotations

import json
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.conversion.codec import SourceFacts
from datasets.conversion.registry import FORMATS
from datasets.formats import (
    davis_png,
    kitti_dump,
    kitti_text,
    mot_text,
    mots_text,
    sam2_jsonl,
)
from datasets.formats import parquet as parquet_file
from datasets.media.frames import read_frames, read_image, write_image
from datasets.media.image_size import image_size
from datasets.sequences import mot_folder
from datasets.sequences.classes_yaml import read_classes
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Extent
from tests.support.broken.by_chunks import png_of
from tests.support.datasets.limited import outcome

EXTENT = Extent(4, 5, 3, {1: "a"})
LARGE = 2_300_000_000  # bytes of a line


def sparse(path, begin=b""):
    """Write a sparse file with a very long line, which takes no disk space."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(LARGE)
    return path


LINES = {
    "a.txt": lambda path: mot_text.read_tracks(path, EXTENT),
    "b.txt": mots_text.read_tracks,
    "c.txt": lambda path: kitti_text.read_tracks(path, kitti_text.kitti_extent(4, 5, 3)),
    "00_000_000000.txt": lambda path: kitti_dump.list_labels(path.parent),
    "d.jsonl": sam2_jsonl.list_names,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_line_of_gigabytes_is_refused_before_it_is_read_completely(tmp_path, name):
    path = sparse(tmp_path / name, b"\n\n\n")
    found = outcome(lambda: LINES[name](path))
    maximum = 1 << (26 if name == "b.txt" else 20)
    assert found == f"ValueError: {path}, line 4: expected at most {maximum} bytes"


def test_configuration_files_of_gigabytes_are_refused_before_they_are_read(tmp_path):
    for path, read in {
        mot_folder.info_path(tmp_path): mot_folder.read_info,
        tmp_path / "classes.yaml": read_classes,
    }.items():
        sparse(path)
        assert "expected at most 262144 bytes, found more" in outcome(
            lambda read=read: read(tmp_path)
        )


def png(width, height):
    return png_of(
        [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IEND", b"")]
    )


IMAGES = {
    "a.png": png(30_000, 30_000),
    "b.jpg": b"\xff\xd8\xff\xe0\0\4xx\xff\xff\xc2\0\x0b\x08" + struct.pack(">HH", 60_000, 60_000),
    "c.bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 100_000, -100_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_refused_by_the_size_in_its_header(tmp_path, name):
    (tmp_path / name).write_bytes(IMAGES[name])
    assert "expected at most 268435456 pixels" in outcome(lambda: read_image(tmp_path / name))
    found = outcome(lambda: next(read_frames(tmp_path, EXTENT)))
    assert "expected size 5 x 4, found " in found


def test_davis_masks_are_refused_by_the_size_of_the_first_frame(tmp_path):
    image = np.zeros((8, 9, 3), np.uint8)
    write_image(tmp_path / "one" / "0.png", image)
    (tmp_path / "0.png").write_bytes(png(30_000, 30_000))
    assert "expected 1 to 67108864 pixels" in outcome(lambda: davis_png.read_tracks(tmp_path))


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\0\0", b"\xff\xd8" + b"\xff" * 99, b"\x89PNG", b"BM"],
)
def test_a_truncated_header_has_no_size(data):
    assert image_size(data) is None


def table(rows, rle=None):
    """Return a table of equal rows, whose values are stored once in memory."""
    values = {"track": -1, "right": 2, "bottom": 2, "class_id": 1, "rle": rle}
    kinds = parquet_file._NEEDED | ({} if rle is None else {"rle": pa.binary()})
    index = pa.array(np.zeros(rows, np.int32))
    columns = {
        name: pa.DictionaryArray.from_arrays(index, pa.array([values.get(name, 0)], kind))
        for name, kind in kinds.items()
    }
    return pa.table(columns)


def write_table(path, content):
    # without Arrow's schema: columns have dictionaries only in this process
    with pq.ParquetWriter(path, content.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(content)
        writer.add_key_value_metadata({parquet_file._KEY: parquet_file._describe(EXTENT)})
    return path


def test_repeated_masks_are_counted_before_they_are_expanded(tmp_path):
    path = write_table(tmp_path / "a.parquet", table(50_000, b"0" * 100_000))
    assert path.stat().st_size < 10_000
    found = outcome(lambda: parquet_file.read_tracks(path))
    assert found.endswith("column rle: expected at most 4294967296 bytes, found 5000000000")


def test_a_few_repeated_masks_are_read(tmp_path):
    path = write_table(tmp_path / "a.parquet", table(100, b"d0"))
    assert parquet_file.read_tracks(path).rle.runs == (b"d0",) * 100


def test_rows_and_bytes_are_counted_before_they_are_read(tmp_path, monkeypatch):
    path = write_table(tmp_path / "a.parquet", table(1_000))
    monkeypatch.setattr(parquet_file, "_MAX_BYTES", 200)
    with pytest.raises(ValueError, match=r"a\.parquet: expected at most 200 bytes, found \d+"):
        parquet_file.read_tracks(path)
    monkeypatch.setattr(parquet_file, "MAX_ROWS", 999)
    with pytest.raises(ValueError, match=r"a\.parquet: expected at most 999 rows, found 1000"):
        parquet_file.read_tracks(path)


def sequence_json(**changes):
    extent = {"height": 4, "width": 5, "frame_count": 3, "classes": {"1": "a"}, "ignored": []}
    about = {"dataset": "d", "name": "a", "frame_rate": 25.0, "images": None, "root": None}
    return about | {"schema_version": 2, "sha256": {}, "extent": extent | changes}


@pytest.mark.slow
@pytest.mark.parametrize("count", [10**12, 10**400, 1e300])
def test_an_excessive_number_of_frames_is_refused(tmp_path, count):
    path = tmp_path / "sequence.json"
    path.write_text(json.dumps(sequence_json(frame_count=count)))
    assert "ValueError" in outcome(lambda: read_sequence(path))
    path = mot_folder.info_path(tmp_path)
    path.write_text(
        f"[Sequence]\nframeRate=25\nseqLength={10**12}\nimWidth=5\nimHeight=4\nname=a\n"
    )
    assert "ValueError" in outcome(lambda: mot_folder.read_info(tmp_path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mot", "1000000000000000000,1,1,1,2,2,1,-1,-1,-1\n"),
        ("mots", "1000000000000 1 1 4 5 d0\n"),
        ("mots", f"0 1 1 {2**40} {2**40} d0\n"),
        ("mots", f"0 1 1 4 5 {'d' * 1000}0\n"),
        ("kitti", "1000000000000 1 Car 0 0 0 1 1 2 2 -1 -1 -1 -1 -1 -1 -1 1\n"),
    ],
)
def test_an_excessive_frame_or_image_size_is_refused(tmp_path, name, text):
    (tmp_path / "a.txt").write_text(text)
    given = SourceFacts(classes={1: "a"}) if name == "mot" else SourceFacts()
    found = outcome(lambda: FORMATS[name].read(tmp_path / "a.txt", given))
    assert found.startswith(f"ValueError: {tmp_path / 'a.txt'}, line 1")
