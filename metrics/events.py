"""What happened in which frame: matches, misses, false alarms, switches, fragmentations.

They are those CLEAR counts, one row each. A switch or a fragmentation is beside the match in which
it happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from datasets.files import replacing
from metrics.continuity import Matches, match_in_turn
from metrics.family import load_family
from metrics.pairing import Pairing, Side

COUNTED_AS = {
    "match": "CLR_TP",
    "miss": "CLR_FN",
    "false_alarm": "CLR_FP",
    "switch": "IDSW",
    "fragmentation": "Frag",
}
_NONE = -1
_CORNERS = ("left", "top", "right", "bottom")


def list_events(pairing: Pairing) -> pa.Table:
    """Return the events of one sequence and class, ordered by frame, as in COUNTED_AS, then truth.

    Columns: `event`, `frame` (from 0), `truth_id`, `tracker_id`, `previous_tracker_id` (of the
    same truth's match before), `similarity`, `left`, `top`, `right`, `bottom` of the truth, of the
    prediction for a false alarm. A cell is null where there is no such thing.
    """
    found = match_in_turn(pairing)
    matched = _of_matches(pairing, found)
    tables = [
        matched,
        _of_rows("miss", pairing.truth, found.pairs.truth),
        _of_rows("false_alarm", pairing.prediction, found.pairs.prediction),
        _renamed(matched.filter(pa.array(found.switched)), "switch"),
        _renamed(matched.filter(pa.array(found.resumed)), "fragmentation"),
    ]
    table = pa.concat_tables(tables)
    kind = np.repeat(np.arange(len(tables)), [len(each) for each in tables])
    truth = table["truth_id"].fill_null(_NONE).to_numpy()
    return table.take(np.lexsort((truth, kind, table["frame"].to_numpy())))


def events_of(pairings: Mapping[str, Pairing]) -> dict[str, pa.Table]:
    """Return what happened, by class; RuntimeError if it is not what CLEAR counts."""
    clear = load_family("clear")
    events = {name: list_events(pairing) for name, pairing in pairings.items()}
    for name, pairing in pairings.items():
        check_counts(events[name], clear.summarize(clear.evaluate(pairing)))
    return events


def check_counts(events: pa.Table, values: Mapping[str, float]) -> None:
    """Raise RuntimeError if there are not as many events as CLEAR counts."""
    there = dict(zip(*np.unique(events["event"].to_numpy(False), return_counts=True), strict=True))
    for event, name in COUNTED_AS.items():
        if there.get(event, 0) != values[name]:
            found = f"{there.get(event, 0)} events of {event}, and {name} is {values[name]}"
            raise RuntimeError(f"{found}: a defect of this program, please report it")


def write_events(path: Path, events: Mapping[tuple[str, str], pa.Table]) -> None:
    """Write the events of each (sequence, class) as one Parquet file."""
    import pyarrow.parquet as pq

    tables = [
        table.add_column(0, "class", _repeated(name, len(table))).add_column(
            0, "sequence", _repeated(sequence, len(table))
        )
        for (sequence, name), table in events.items()
    ]
    with replacing(path) as part:
        pq.write_table(pa.concat_tables(tables), part, compression="zstd")


def _of_matches(pairing: Pairing, found: Matches) -> pa.Table:
    truth, pairs = pairing.truth, found.pairs
    before = np.where(found.again, np.roll(found.prediction, 1), _NONE)
    names = pairing.prediction.identities
    return _table(
        "match",
        truth,
        pairs.truth,
        truth_id=truth.identities[found.truth],
        tracker_id=names[found.prediction],
        previous_tracker_id=np.where(before < 0, _NONE, names[before] if len(names) else before),
        similarity=pairs.similarity,
    )


def _of_rows(event: str, side: Side, matched: np.ndarray) -> pa.Table:
    """Return an event for each row of a side that is not matched."""
    free = np.ones(len(side), bool)
    free[matched] = False
    rows = np.flatnonzero(free)
    name = "truth_id" if event == "miss" else "tracker_id"
    return _table(event, side, rows, **{name: side.identities[side.track[rows]]})


def _table(event: str, side: Side, rows: np.ndarray, **given: np.ndarray) -> pa.Table:
    count, box = len(rows), side.tracks.box[side.rows[rows]]
    columns = {"event": _repeated(event, count), "frame": pa.array(side.frame[rows], pa.int32())}
    for name in ("truth_id", "tracker_id", "previous_tracker_id"):
        values = given.get(name, np.full(count, _NONE))
        columns[name] = pa.array(values, pa.int64(), mask=values == _NONE)
    similarity = given.get("similarity", np.full(count, np.nan))
    columns["similarity"] = pa.array(similarity, pa.float64(), mask=np.isnan(similarity))
    for corner, name in enumerate(_CORNERS):
        columns[name] = pa.array(box[:, corner], pa.float64())
    return pa.table(columns)


def _renamed(table: pa.Table, event: str) -> pa.Table:
    return table.set_column(0, "event", _repeated(event, len(table)))


def _repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)
