"""Identity timelines: the events of a sequence as compact segments of frames.

A segment of a ground-truth object is `first frame, frames, track id`, with LOST if no track matches
it; a segment of a predicted track is `first frame, frames` of false alarms. Misses, identity
switches and false alarms are derived from the segments, here and in the page; fragmentations cannot
be, and are listed by frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.io.arrow import open_native, to_array, to_coded

LOST = -1
Segments = tuple[tuple[int, ...], ...]
_KINDS = ("match", "miss", "false_alarm", "fragmentation")
_WORDS = ["event", "class"]
_COLUMNS = [*_WORDS, "frame", "truth_id", "tracker_id"]


@dataclass(frozen=True)
class Timelines:
    """Segments of one variant on one sequence and class, as flat lists of numbers.

    Args:
        objects: One list per ground-truth object: its id, then three numbers per segment.
        tracks: One list per predicted track with false alarms: its id, then two per segment.
        fragmentations: One list per fragmented ground-truth object: its id, then the frames in
            which it is matched again.
    """

    objects: Segments
    tracks: Segments
    fragmentations: Segments


def read_timelines(path: Path) -> dict[str, Timelines]:
    """Return the timelines from the events file of one sequence, by class."""
    with open_native(path) as file:
        table = pq.ParquetFile(file, read_dictionary=_WORDS).read(columns=_COLUMNS)
    if not table.num_rows:
        return {}
    kind, kinds = to_coded(table["event"])
    owner, classes = to_coded(table["class"])
    number = np.array([_KINDS.index(name) if name in _KINDS else len(_KINDS) for name in kinds])
    rows = np.stack(
        [
            number[kind],
            to_array(table["frame"]).astype(np.int64),
            _integers(table["truth_id"]),
            _integers(table["tracker_id"]),
        ]
    )
    return {name: make_timelines(*rows[:, owner == key]) for key, name in enumerate(classes)}


def make_timelines(
    kind: np.ndarray, frame: np.ndarray, truth: np.ndarray, tracker: np.ndarray
) -> Timelines:
    """Return the timelines of events, (N,) each.

    Args:
        kind: 0 match, 1 miss, 2 false alarm, 3 fragmentation; other kinds follow from these.
        frame: Frame numbers from 0.
        truth: Ground-truth track ids; any number if the event has none.
        tracker: Predicted track ids; any number if the event has none.
    """
    of_object = kind <= _KINDS.index("miss")
    alarm, fragmentation = (kind == _KINDS.index(name) for name in _KINDS[2:])
    follower = np.where(kind == 0, tracker, LOST)
    return Timelines(
        _segments(truth[of_object], frame[of_object], follower[of_object]),
        tuple(
            (name, *(number for segment in _triples(segments) for number in segment[:2]))
            for name, *segments in _segments(tracker[alarm], frame[alarm], tracker[alarm])
        ),
        _frames(truth[fragmentation], frame[fragmentation]),
    )


def count_events(timelines: Timelines) -> dict[str, int]:
    """Return the number of errors of each kind, by its name in `metrics.events`."""
    count = dict.fromkeys(("miss", "false_alarm", "switch", "fragmentation"), 0)
    for _, *segments in timelines.objects:
        followed = [segment for segment in _triples(segments) if segment[2] != LOST]
        count["miss"] += sum(segment[1] for segment in _triples(segments) if segment[2] == LOST)
        for before, after in pairwise(followed):
            count["switch"] += before[2] != after[2]
    count["fragmentation"] = sum(len(frames) for _, *frames in timelines.fragmentations)
    count["false_alarm"] = sum(sum(segments[1::2]) for _, *segments in timelines.tracks)
    return count


def _segments(owner: np.ndarray, frame: np.ndarray, follower: np.ndarray) -> Segments:
    """Return each owner's id with its segments of consecutive frames and equal follower."""
    order = np.lexsort((frame, owner))
    owner, frame, follower = owner[order], frame[order], follower[order]
    same = (np.diff(owner) == 0) & (np.diff(frame) == 1) & (np.diff(follower) == 0)
    first = np.flatnonzero(np.append(True, ~same)[: len(owner)])
    length = np.diff(np.append(first, len(owner)))
    segments = np.stack([frame[first], length, follower[first]], axis=1).tolist()
    found: dict[int, list[int]] = {}
    for name, segment in zip(owner[first].tolist(), segments, strict=True):
        found.setdefault(name, []).extend(segment)
    return tuple((name, *numbers) for name, numbers in found.items())


def _frames(owner: np.ndarray, frame: np.ndarray) -> Segments:
    """Return each owner's id with its frames in rising order."""
    order = np.lexsort((frame, owner))
    found: dict[int, list[int]] = {}
    for name, each in zip(owner[order].tolist(), frame[order].tolist(), strict=True):
        found.setdefault(name, []).append(each)
    return tuple((name, *frames) for name, frames in found.items())


def _triples(numbers: list[int]) -> list[tuple[int, int, int]]:
    return list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def _integers(column: pa.ChunkedArray) -> np.ndarray:
    """Return integers, (N,) int64; any number for an empty cell."""
    cells = column.combine_chunks()
    numbers = np.frombuffer(cells.buffers()[1], np.int64)
    return numbers[cells.offset : cells.offset + len(cells)]


def to_json(timelines: Mapping[str, Timelines]) -> dict[str, dict[str, Segments]]:
    """Return the timelines of a sequence as JSON types, by class."""
    return {
        name: {
            "objects": each.objects,
            "tracks": each.tracks,
            "fragmentations": each.fragmentations,
        }
        for name, each in timelines.items()
    }
