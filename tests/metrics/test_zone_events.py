from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from datasets.zone import Zone
from metrics.zone_events import zone_events

ZONE = Zone.of([10, 0, 10, 40])
EXTENT = Extent(40, 60, 9, {1: "pedestrian"})


def tracks(*rows) -> Tracks:
    frame, track, left = (np.array(column) for column in zip(*rows, strict=True))
    box = np.stack([left, np.zeros(len(left)), left + 5, np.full(len(left), 9)], 1).astype(float)
    ones = np.ones(len(left), np.int64)
    return Tracks(EXTENT, frame=frame, track=track, class_id=ones, score=ones * 1.0, box=box)


def events(*rows) -> list[tuple]:
    table = zone_events(tracks(*rows), ZONE).to_pydict()
    return list(zip(table["event"], table["frame"], table["track"], table["left"], strict=True))


def test_a_track_can_enter_and_leave_repeatedly():
    rows = [(0, 1, 0), (1, 1, 8), (2, 1, 15), (3, 1, 20), (4, 1, 15), (5, 1, 40)]
    assert events(*rows) == [
        ("enter", 1, 1, 8),
        ("leave", 3, 1, 20),
        ("enter", 4, 1, 15),
        ("leave", 5, 1, 40),
    ]


def test_a_track_that_starts_inside_enters_and_touching_is_not_inside():
    assert events((0, 1, 12), (0, 2, 5), (1, 2, 6)) == [("enter", 0, 1, 12), ("enter", 1, 2, 6)]


def test_a_gap_is_not_a_leave_event_and_tracks_are_independent():
    rows = [(0, 1, 12), (0, 2, 12), (5, 1, 12), (6, 2, 40)]
    assert events(*rows) == [("enter", 0, 1, 12), ("enter", 0, 2, 12), ("leave", 6, 2, 40)]


def test_without_tracks_in_the_zone_there_are_no_events():
    assert zone_events(tracks((0, 1, 40)), ZONE).num_rows == 0
    assert zone_events(tracks((0, 1, 40)).before(0), ZONE).num_rows == 0
