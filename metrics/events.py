"""List matches, misses, false alarms, identity switches and fragmentations frame by frame.

There is one row for each event that CLEAR counts. An identity switch or a fragmentation has a row
in addition to that of the match in which it occurs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from datasets.io.arrow import to_bytes_column, to_column
from datasets.io.files import replacing
from metrics.family import load_family
from metrics.matching.clear_matching import Matches, clear_matches
from metrics.pairing import Pairing, Side

Rows = Mapping[str, np.ndarray]

COUNTED_AS = {
    "match": "CLR_TP",
    "miss": "CLR_FN",
    "false_alarm": "CLR_FP",
    "switch": "IDSW",
    "fragmentation": "Frag",
}
_EVENTS = tuple(COUNTED_AS)
_NONE = -1
_NAMES = ("truth_id", "tracker_id", "previous_tracker_id")
_CORNERS = ("left", "top", "right", "bottom")


def list_events(pairing: Pairing) -> pa.Table:
    """Return the events of one sequence and class, sorted by frame, kind (COUNTED_AS), truth_id.

    Columns: `event`, `frame` (from 0), `truth_id`, `tracker_id`, `previous_tracker_id` (of the
    previous match of the same ground truth track), `similarity`, and `left`, `top`, `right`,
    `bottom` of the ground truth box, or of the predicted box for a false alarm. A cell that does
    not apply is null.
    """
    found = clear_matches(pairing)
    matched = _of_matches(pairing, found)
    parts = [
        matched,
        _of_rows("miss", pairing.truth, found.pairs.truth),
        _of_rows("false_alarm", pairing.prediction, found.pairs.prediction),
        _renamed(matched, "switch", found.switched),
        _renamed(matched, "fragmentation", found.resumed),
    ]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in matched}
    order = np.lexsort((rows["truth_id"], rows["event"], rows["frame"]))
    return _table({name: values[order] for name, values in rows.items()})


def events_of(pairings: Mapping[str, Pairing]) -> dict[str, pa.Table]:
    """Return the events by class; RuntimeError if their numbers differ from CLEAR's counts."""
    clear = load_family("clear")
    events = {name: list_events(pairing) for name, pairing in pairings.items()}
    for name, pairing in pairings.items():
        check_counts(events[name], clear.summarize(clear.evaluate(pairing)))
    return events


def check_counts(events: pa.Table, values: Mapping[str, float]) -> None:
    """Raise RuntimeError if the number of events differs from CLEAR's counts."""
    counts = events["event"].value_counts().to_pylist()
    listed = {each["values"]: each["counts"] for each in counts}
    for event, name in COUNTED_AS.items():
        if listed.get(event, 0) != values[name]:
            found = listed.get(event, 0)
            raise RuntimeError(
                f"expected {values[name]} {event} events, the value of {name}, found {found}: "
                "this is a bug, please report it"
            )


def write_events(path: Path, events: Mapping[tuple[str, str], pa.Table]) -> None:
    """Write the events of all (sequence, class) keys to one Parquet file."""
    import pyarrow.parquet as pq

    tables = [
        pa.table(
            {
                "sequence": _repeated(sequence, len(table)),
                "class": _repeated(name, len(table)),
                **{column: table[column] for column in table.column_names},
            }
        )
        for (sequence, name), table in events.items()
    ]
    with replacing(path) as part:
        pq.write_table(pa.concat_tables(tables), part, compression="zstd")


def _of_matches(pairing: Pairing, found: Matches) -> Rows:
    truth, pairs = pairing.truth, found.pairs
    before = np.where(found.again, np.roll(found.prediction, 1), _NONE)
    names = pairing.prediction.identities
    return _rows(
        "match",
        truth,
        pairs.truth,
        truth_id=truth.identities[found.truth],
        tracker_id=names[found.prediction],
        previous_tracker_id=np.where(before < 0, _NONE, names[before] if len(names) else before),
        similarity=pairs.similarity,
    )


def _of_rows(event: str, side: Side, matched: np.ndarray) -> Rows:
    """Return one event for each unmatched row of a side."""
    free = np.ones(len(side), bool)
    free[matched] = False
    rows = np.flatnonzero(free)
    name = "truth_id" if event == "miss" else "tracker_id"
    return _rows(event, side, rows, **{name: side.identities[side.track[rows]]})


def _rows(event: str, side: Side, rows: np.ndarray, **known: np.ndarray) -> Rows:
    """Return events by column: the index of the kind in _EVENTS, _NONE and NaN for null cells."""
    count = len(rows)
    return {
        "event": np.full(count, _EVENTS.index(event)),
        "frame": side.frame[rows],
        **{name: np.full(count, _NONE) for name in _NAMES},
        "similarity": np.full(count, np.nan),
        **dict(zip(_CORNERS, side.tracks.box[side.rows[rows]].T, strict=True)),
        **known,
    }


def _renamed(rows: Rows, event: str, which: np.ndarray) -> Rows:
    some = {name: values[which] for name, values in rows.items()}
    return some | {"event": np.full(len(some["event"]), _EVENTS.index(event))}


def _table(rows: Rows) -> pa.Table:
    words = [event.encode() for event in _EVENTS]
    similarity = rows["similarity"]
    return pa.table(
        {
            "event": to_bytes_column([words[event] for event in rows["event"]], pa.string()),
            "frame": to_column(rows["frame"], pa.int32()),
            **{name: to_column(rows[name], pa.int64(), rows[name] == _NONE) for name in _NAMES},
            "similarity": to_column(similarity, pa.float64(), np.isnan(similarity)),
            **{name: to_column(rows[name], pa.float64()) for name in _CORNERS},
        }
    )


def _repeated(text: str, count: int) -> pa.Array:
    return to_bytes_column([text.encode()] * count, pa.string())
