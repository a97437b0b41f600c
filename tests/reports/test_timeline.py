from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from reports.timeline import ERRORS, read_timeline


def timeline(tmp_path, events, frame_count):
    table = pa.table({"event": [name for name, _ in events], "frame": [f for _, f in events]})
    pq.write_table(table, tmp_path / "events.parquet")
    return read_timeline(tmp_path / "events.parquet", frame_count)


def test_a_short_sequence_has_one_span_per_frame(tmp_path):
    found = timeline(tmp_path, [("miss", 0), ("miss", 2), ("match", 1), ("switch", 2)], 3)
    assert found.span == 1
    assert found.counts["miss"].tolist() == [1, 0, 1]
    assert found.counts["switch"].tolist() == [0, 0, 1]


def test_a_long_sequence_has_a_limited_number_of_spans_and_keeps_every_error(tmp_path):
    found = timeline(tmp_path, [("false_alarm", frame) for frame in range(1059)], 1059)
    assert found.span == 11
    assert len(found.counts["false_alarm"]) == 97
    assert found.counts["false_alarm"].sum() == 1059
    assert found.counts["false_alarm"][-1] == 1059 - 96 * 11


def test_a_sequence_without_errors_has_none(tmp_path):
    found = timeline(tmp_path, [("match", 0)], 5)
    assert {name: counts.sum() for name, counts in found.counts.items()} == dict.fromkeys(ERRORS, 0)


def test_a_sequence_without_events_has_no_errors(tmp_path):
    events = pa.table({"event": pa.array([], pa.string()), "frame": pa.array([], pa.int32())})
    pq.write_table(events, tmp_path / "events.parquet")
    counts = read_timeline(tmp_path / "events.parquet", 5).counts
    assert {name: each.tolist() for name, each in counts.items()} == dict.fromkeys(ERRORS, [0] * 5)
