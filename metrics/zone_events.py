"""List the tracks that enter and leave a zone, as a Parquet table.

    python -m metrics.zone_events --tracks tracks.parquet --zone '[380, 380, 330, 200]'
        --output zone_events.parquet

A track enters in the first frame in which its box overlaps the zone. It leaves in the first
following frame in which it has a box that does not overlap the zone. Frames without a box of the
track cause no event.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.formats.parquet import read_tracks
from datasets.io.files import replacing
from datasets.io.flags import json_value
from datasets.io.program import run_main
from datasets.types import Tracks
from datasets.zone import Zone

_SIDES = ("left", "top", "right", "bottom")
_SCHEMA = pa.schema(
    [("event", pa.string()), ("frame", pa.int64()), ("track", pa.int64())]
    + [(side, pa.float64()) for side in _SIDES]
)


def zone_events(tracks: Tracks, zone: Zone) -> pa.Table:
    """Return one row per event, sorted by frame: event (`enter` or `leave`), frame, track, box."""
    inside = zone.reached(tracks.box)
    order = np.lexsort([tracks.frame, tracks.track])
    track, is_inside = tracks.track[order], inside[order]
    starts = np.append(True, track[1:] != track[:-1]) if len(track) else np.zeros(0, bool)
    was_inside = np.where(starts, False, np.roll(is_inside, 1))
    changed = order[is_inside != was_inside]
    changed = changed[np.lexsort([tracks.track[changed], tracks.frame[changed]])]
    kind = np.where(inside[changed], "enter", "leave")
    columns = (kind, tracks.frame[changed], tracks.track[changed], *tracks.box[changed].T)
    named = zip(_SCHEMA.names, columns, strict=True)
    return pa.table({name: column.tolist() for name, column in named}, _SCHEMA)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=Path, required=True)
    parser.add_argument("--zone", type=json_value, required=True, help="JSON, see datasets/zone.py")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    tracks, zone = read_tracks(args.tracks), Zone.of(args.zone)
    zone.check(tracks.extent.height, tracks.extent.width)
    with replacing(args.output) as part:
        pq.write_table(zone_events(tracks, zone), part)


if __name__ == "__main__":
    sys.exit(run_main(main))
