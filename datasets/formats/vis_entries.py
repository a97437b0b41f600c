"""Annotations and results of YouTube-VIS, one a track, to and from the rows of Tracks.

Each holds lists of one value a frame, null where the track is not there.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.formats.json_records import Record, is_number, look_up, show, whole_numbers
from datasets.formats.segmentation_json import masks_to_write, read_masks, write_counts, write_runs
from datasets.io.errors import RowError
from datasets.types import Extent, Tracks


@dataclass(frozen=True)
class Entries:
    """Annotations or results, (E,), one a track.

    Args:
        records: `read_entries` takes the segmentations out: parsed JSON holds several times the
            memory of the masks that it becomes.
        areas: Whether they say the area in each frame.
    """

    records: list[Record]
    track: np.ndarray
    score: np.ndarray
    areas: bool


def read_entries(entries: Entries, videos: np.ndarray, extents: Many[Extent]) -> list[Tracks]:
    """Return the tracks of each video; RowError for an entry that is broken.

    Args:
        videos: What the file calls each video.
    """
    classes = {key for extent in extents for key in extent.classes}
    video = look_up(entries.records, "video_id", videos)
    look_up(entries.records, "category_id", np.array(sorted(classes), np.int64))
    order = np.argsort(video, kind="stable")
    edges = np.searchsorted(video[order], np.arange(len(videos) + 1))
    tracks = []
    for place, extent in enumerate(extents):
        chosen = order[edges[place] : edges[place + 1]]
        tracks.append(_read_video(entries, chosen, extent))
        for entry in chosen.tolist():
            del entries.records[entry]["segmentations"]
    return tracks


def _read_video(entries: Entries, chosen: np.ndarray, extent: Extent) -> Tracks:
    """Return the tracks of one video from its entries."""
    there = [_frames(entries, entry, extent.frame_count) for entry in chosen.tolist()]
    owner = np.repeat(chosen, [len(frames) for frames in there])
    frame = np.array([frame for frames in there for frame in frames], np.int64)
    order = np.argsort(frame, kind="stable")
    owner, frame = owner[order], frame[order]
    records = [entries.records[entry] for entry in owner.tolist()]
    places = list(zip(records, frame.tolist(), strict=True))
    try:
        found = (record["segmentations"][at] for record, at in places)
        masks = read_masks(found, extent.height, extent.width)
        return Tracks(
            extent,
            frame=frame,
            track=entries.track[owner],
            class_id=whole_numbers(records, "category_id"),
            score=entries.score[owner],
            box=masks.boxes,
            rle=masks,
            area=_read_areas(places) if entries.areas else None,
        )
    except RowError as error:
        reason = f"frame {frame[error.row]} (from 0): {error.reason}"
        raise RowError(int(owner[error.row]), reason) from error


def _frames(entries: Entries, entry: int, frame_count: int) -> list[int]:
    """Return the frames in which a track has a segmentation."""
    there = _filled(entries.records[entry], entry, "segmentations", frame_count)
    if not there:
        raise RowError(entry, "no segmentation found, expected one in at least one frame")
    if entries.areas:
        alone = set(_filled(entries.records[entry], entry, "areas", frame_count)).difference(there)
        if alone:
            raise RowError(entry, f"frame {min(alone)} (from 0): an area and no segmentation found")
    return there


def _filled(record: Record, entry: int, key: str, frame_count: int) -> list[int]:
    """Return the frames for which a list of one value a frame has something."""
    values = record.get(key)
    if not isinstance(values, list):
        raise RowError(entry, f"{key} {show(values)} found, expected a list")
    if len(values) != frame_count:
        raise RowError(entry, f"{key} of {len(values)} frames found, the video has {frame_count}")
    return [frame for frame, value in enumerate(values) if value not in (None, [])]


def _read_areas(places: list[tuple[Record, int]]) -> np.ndarray:
    """Return the area of each row, (N,) float64."""
    areas = [record["areas"][frame] for record, frame in places]
    for row, area in enumerate(areas):
        if not is_number(area):
            raise RowError(row, f"area {show(area)} found, expected a number of pixels")
    return np.array(areas, np.float64)


def write_annotations(tracks: Tracks) -> list[Record]:
    """Return the annotations of one video, without their numbers."""
    masks, extent = masks_to_write(tracks), tracks.extent
    near, far = tracks.box[:, :2], tracks.box[:, 2:]
    columns = {
        "bboxes": np.concatenate([near, far - near], axis=1).tolist(),
        "areas": (masks.areas if tracks.area is None else tracks.area).tolist(),
        "segmentations": write_counts(masks),
    }
    return [
        {
            "category_id": _only_value(tracks, rows, tracks.class_id, "classes"),
            "iscrowd": _only_value(tracks, rows, (tracks.score == 0).astype(int), "iscrowd"),
            "height": extent.height,
            "width": extent.width,
            "length": extent.frame_count,
            **{key: _spread(values, tracks, rows) for key, values in columns.items()},
        }
        for rows in _rows_by_track(tracks)
    ]


def write_entries(tracks: Tracks) -> list[Record]:
    """Return the entries of one video, without its number."""
    runs = write_runs(masks_to_write(tracks))
    return [
        {
            "category_id": _commonest(tracks.class_id[rows]),
            "score": _mean(tracks.score[rows]),
            "segmentations": _spread(runs, tracks, rows),
        }
        for rows in _rows_by_track(tracks)
    ]


def _rows_by_track(tracks: Tracks) -> list[np.ndarray]:
    """Return the rows of each identity, both rising; ValueError if a row has none."""
    nameless = tracks.track < 0
    if nameless.any():
        frame = tracks.frame[np.argmax(nameless)]
        raise ValueError(f"a row of frame {frame} (from 0) has no identity")
    order = np.argsort(tracks.track, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(tracks.track[order])) + 1) if len(order) else []


def _only_value(tracks: Tracks, rows: np.ndarray, column: np.ndarray, name: str) -> int:
    """Return the one value that a column has on a track's rows; ValueError if it has several."""
    found = np.unique(column[rows])
    if len(found) > 1:
        track = tracks.track[rows[0]]
        raise ValueError(f"track {track} has {name} {found.tolist()}, and one can be written")
    return int(found[0])


def _commonest(values: np.ndarray) -> int:
    """Return the value found most often, the smallest of those found equally often."""
    found, count = np.unique(values, return_counts=True)
    return int(found[np.argmax(count)])


def _mean(values: np.ndarray) -> float:
    """Return the mean, to the last bit where all are equal."""
    same = values.min() == values.max()
    return float(values[0] if same else values.mean())


def _spread(values: list[Any], tracks: Tracks, rows: np.ndarray) -> list[Any]:
    """Return the values of a track's rows, one a frame, None where it has no row.

    Args:
        values: One a row of all tracks.
    """
    found: list[Any] = [None] * tracks.extent.frame_count
    for row, frame in zip(rows.tolist(), tracks.frame[rows].tolist(), strict=True):
        found[frame] = values[row]
    return found
