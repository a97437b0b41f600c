from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.formats import parquet
from datasets.masks import coco_rle
from datasets.types import Extent, Tracks

EXTENT = Extent(height=4, width=6, frame_count=3, classes={1: "person"})


def masked() -> Tracks:
    masks = np.zeros((2, 4, 6), bool)
    masks[0, 1:3, 2:5] = masks[1, 0, 0] = True
    return Tracks(
        EXTENT,
        frame=np.array([0, 2]),
        track=np.array([3, 4]),
        class_id=np.array([1, 1]),
        score=np.array([0.1, 1 / 3]),
        box=np.array([[2.0, 1, 5, 3], [0, 0, 1, 1]]),
        rle=coco_rle.encode(masks),
        visibility=np.array([1.0, 0.5]),
    )


def test_tracks_survive_a_round_trip_bit_for_bit(tmp_path):
    parquet.write_tracks(tmp_path / "t.parquet", masked())
    back = parquet.read_tracks(tmp_path / "t.parquet")
    assert back.same(masked())
    assert back.extent == EXTENT


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path):
    path = tmp_path / "score=1" / "t.parquet"
    parquet.write_tracks(path, masked())
    assert parquet.read_tracks(path).same(masked())


def test_an_unknown_schema_version_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write_tracks(path, masked())
    table = pq.read_table(path)
    content = json.loads(table.schema.metadata[b"masktrack-bench"]) | {"schema_version": 99}
    changed = table.replace_schema_metadata({b"masktrack-bench": json.dumps(content)})
    pq.write_table(changed, path)
    with pytest.raises(ValueError, match=r"t\.parquet: schema version: expected 2, found 99"):
        parquet.read_tracks(path)


def test_a_parquet_file_of_another_origin_is_refused(tmp_path):
    pq.write_table(pa.table({"frame": [1]}), tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"t\.parquet: not a tracks file of this project"):
        parquet.read_tracks(tmp_path / "t.parquet")


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    (tmp_path / "t.parquet").write_text("nothing")
    with pytest.raises(ValueError, match=r"t\.parquet"):
        parquet.read_tracks(tmp_path / "t.parquet")


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    parquet.write_tracks(path, masked())
    before = path.read_bytes()

    def half(table, part, **_):
        part.write(b"PAR1")
        raise KeyboardInterrupt

    monkeypatch.setattr(parquet.pq, "write_table", half)
    with pytest.raises(KeyboardInterrupt):
        parquet.write_tracks(path, masked().take(np.array([0])))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
