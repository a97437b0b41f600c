"""Identity timelines: the events of a sequence as runs of frames, which say the same in less room.

A run of a truth object is `first frame, frames, tracker id`, LOST where nobody follows it; a run of
a predicted track is `first frame, frames` of false alarms. Misses, switches and false alarms follow
from them, here as in the page; fragmentations do not, and are told by their frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.io.arrow import open_native, to_array

LOST = -1
Runs = tuple[tuple[int, ...], ...]
_KINDS = ("match", "miss", "false_alarm", "fragmentation")
_WORDS = ["event", "class"]
_COLUMNS = [*_WORDS, "frame", "truth_id", "tracker_id"]


@dataclass(frozen=True)
class Timelines:
    """Runs of one variant on one sequence and class, as flat numbers to fit into a page.

    Args:
        objects: A truth object each: its id, then three numbers a run, in order of frame.
        tracks: A predicted track each that has false alarms: its id, then two numbers a run.
        fragmentations: A truth object each that has any: its id, then the frames in which it is
            followed again.
    """

    objects: Runs
    tracks: Runs
    fragmentations: Runs


def read_timelines(path: Path) -> dict[str, Timelines]:
    """Return the timelines in an events file of one sequence, by class."""
    with open_native(path) as file:
        table = pq.ParquetFile(file, read_dictionary=_WORDS).read(columns=_COLUMNS)
    if not table.num_rows:
        return {}
    kind, kinds = _words(table["event"])
    owner, classes = _words(table["class"])
    number = np.array([_KINDS.index(name) if name in _KINDS else len(_KINDS) for name in kinds])
    rows = np.stack(
        [
            number[kind],
            to_array(table["frame"]).astype(np.int64),
            _whole(table["truth_id"]),
            _whole(table["tracker_id"]),
        ]
    )
    return {name: make_timelines(*rows[:, owner == key]) for key, name in enumerate(classes)}


def make_timelines(
    kind: np.ndarray, frame: np.ndarray, truth: np.ndarray, tracker: np.ndarray
) -> Timelines:
    """Return the timelines of events, (N,) each.

    Args:
        kind: 0 a match, 1 a miss, 2 a false alarm, 3 a fragmentation; others say nothing that these
            do not.
        frame: From 0.
        truth: Identity; any number where there is none.
        tracker: Likewise.
    """
    seen = kind <= _KINDS.index("miss")
    alarm, fragmentation = (kind == _KINDS.index(name) for name in _KINDS[2:])
    follower = np.where(kind == 0, tracker, LOST)
    return Timelines(
        _runs(truth[seen], frame[seen], follower[seen]),
        tuple(
            (name, *(number for run in _threes(runs) for number in run[:2]))
            for name, *runs in _runs(tracker[alarm], frame[alarm], tracker[alarm])
        ),
        _frames(truth[fragmentation], frame[fragmentation]),
    )


def count_events(timelines: Timelines) -> dict[str, int]:
    """Return how many errors of each kind there are, as `metrics.events` calls them."""
    count = dict.fromkeys(("miss", "false_alarm", "switch", "fragmentation"), 0)
    for _, *runs in timelines.objects:
        followed = [run for run in _threes(runs) if run[2] != LOST]
        count["miss"] += sum(run[1] for run in _threes(runs) if run[2] == LOST)
        for before, after in pairwise(followed):
            count["switch"] += before[2] != after[2]
    count["fragmentation"] = sum(len(frames) for _, *frames in timelines.fragmentations)
    count["false_alarm"] = sum(sum(runs[1::2]) for _, *runs in timelines.tracks)
    return count


def _runs(owner: np.ndarray, frame: np.ndarray, follower: np.ndarray) -> Runs:
    """Return for each owner its id and, three numbers each, the frames without a change."""
    order = np.lexsort((frame, owner))
    owner, frame, follower = owner[order], frame[order], follower[order]
    same = (np.diff(owner) == 0) & (np.diff(frame) == 1) & (np.diff(follower) == 0)
    first = np.flatnonzero(np.append(True, ~same)[: len(owner)])
    length = np.diff(np.append(first, len(owner)))
    runs = np.stack([frame[first], length, follower[first]], axis=1).tolist()
    found: dict[int, list[int]] = {}
    for name, run in zip(owner[first].tolist(), runs, strict=True):
        found.setdefault(name, []).extend(run)
    return tuple((name, *numbers) for name, numbers in found.items())


def _frames(owner: np.ndarray, frame: np.ndarray) -> Runs:
    """Return for each owner its id and its frames, rising."""
    order = np.lexsort((frame, owner))
    found: dict[int, list[int]] = {}
    for name, each in zip(owner[order].tolist(), frame[order].tolist(), strict=True):
        found.setdefault(name, []).append(each)
    return tuple((name, *frames) for name, frames in found.items())


def _threes(numbers: list[int]) -> list[tuple[int, int, int]]:
    return list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def _words(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return the number of each cell's word, and the words."""
    coded = column.unify_dictionaries().combine_chunks()
    return np.from_dlpack(coded.indices), coded.dictionary.to_pylist()


def _whole(column: pa.ChunkedArray) -> np.ndarray:
    """Return whole numbers, (N,) int64; any number where a cell is empty."""
    cells = column.combine_chunks()
    numbers = np.frombuffer(cells.buffers()[1], np.int64)
    return numbers[cells.offset : cells.offset + len(cells)]


def to_json(timelines: Mapping[str, Timelines]) -> dict[str, dict[str, Runs]]:
    """Return what the page holds of a sequence, by class."""
    return {
        name: {
            "objects": each.objects,
            "tracks": each.tracks,
            "fragmentations": each.fragmentations,
        }
        for name, each in timelines.items()
    }
