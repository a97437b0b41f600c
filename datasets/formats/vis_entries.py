"""Annotations and results of YouTube-VIS, one per track, to and from the rows of Tracks.

Each holds lists with one value per frame, null where the track is absent.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.io.mended import count_mended
from datasets.records.columns import Known, Record, is_number, show
from datasets.records.segmentations import masks_to_write, read_masks, write_counts, write_runs
from datasets.types import AbsentTracks, Extent, Tracks

_NO_MASK: tuple[Any, ...] = (None, [], {})  # in frames without the track
_NO_AREA: tuple[Any, ...] = (None, [], 0)


@dataclass(frozen=True)
class Entries:
    """Annotations or results, (E,), one per track.

    Args:
        known: JSON records. `read_entries` removes their segmentations: parsed JSON takes several
            times the memory of the masks.
        areas: Whether the records contain the area in each frame.
        absent: Whether tracks that are in no frame are read; otherwise they are skipped.
    """

    known: Known
    track: np.ndarray
    score: np.ndarray
    areas: bool
    absent: bool

    @property
    def records(self) -> list[Record]:
        """The records, (E,)."""
        return self.known.records


def read_entries(entries: Entries, extents: Many[Extent]) -> list[Tracks]:
    """Return the tracks of each video; RowError for an invalid entry."""
    video = entries.known.place
    order = np.argsort(video, kind="stable")
    edges = np.searchsorted(video[order], np.arange(len(extents) + 1))
    tracks = []
    for place, extent in enumerate(extents):
        chosen = order[edges[place] : edges[place + 1]]
        tracks.append(_read_video(entries, chosen, extent))
        for entry in chosen.tolist():
            del entries.records[entry]["segmentations"]
    return tracks


def _read_video(entries: Entries, chosen: np.ndarray, extent: Extent) -> Tracks:
    """Return the tracks of one video from its entries."""
    frames = [_frames(entries, entry, extent.frame_count) for entry in chosen.tolist()]
    owner = np.repeat(chosen, [len(each) for each in frames])
    frame = np.array([number for each in frames for number in each], np.int64)
    order = np.argsort(frame, kind="stable")
    owner, frame = owner[order], frame[order]
    records = [entries.records[entry] for entry in owner.tolist()]
    places = list(zip(records, frame.tolist(), strict=True))
    absent = np.array([e for e, each in zip(chosen, frames, strict=True) if not each], np.int64)
    if not entries.absent:
        count_mended("tracks that are in no frame, skipped", len(absent))
    try:
        found = (record["segmentations"][at] for record, at in places)
        masks = read_masks(found, extent.height, extent.width)
        return Tracks(
            extent,
            frame=frame,
            track=entries.track[owner],
            class_id=entries.known.class_id[owner],
            score=entries.score[owner],
            box=masks.boxes,
            rle=masks,
            area=_read_areas(places) if entries.areas else None,
            absent=_read_absent(entries, absent) if entries.absent else None,
        )
    except RowError as error:
        reason = f"frame {frame[error.row]} (from 0): {error.reason}"
        raise RowError(int(owner[error.row]), reason) from error


def _read_absent(entries: Entries, rows: np.ndarray) -> AbsentTracks:
    return AbsentTracks(entries.track[rows], entries.known.class_id[rows], entries.score[rows])


def _frames(entries: Entries, entry: int, frame_count: int) -> list[int]:
    """Return the frames in which a track has a segmentation."""
    record = entries.records[entry]
    present = _present_frames(record, entry, "segmentations", frame_count, _NO_MASK)
    if entries.areas:
        areas = _present_frames(record, entry, "areas", frame_count, _NO_AREA)
        alone = set(areas).difference(present)
        if alone:
            raise RowError(entry, f"frame {min(alone)} (from 0): an area without a segmentation")
    return present


def _present_frames(
    record: Record, entry: int, key: str, frame_count: int, nothing: tuple[Any, ...]
) -> list[int]:
    """Return the frames that have a value in a list with one value per frame."""
    values = record.get(key)
    if not isinstance(values, list):
        raise RowError(entry, f"{key}: expected a list, found {show(values)}")
    if len(values) != frame_count:
        expected = f"{frame_count} frames as in the video"
        raise RowError(entry, f"{key}: expected {expected}, found {len(values)}")
    return [frame for frame, value in enumerate(values) if value not in nothing]


def _read_areas(places: list[tuple[Record, int]]) -> np.ndarray:
    """Return the area of each row, (N,) float64, 0 where it is missing.

    An area of 0 is not part of the mean area of its track, nor is a missing one in TrackEval.
    """
    areas = [record["areas"][frame] for record, frame in places]
    count_mended("masks without an area, not part of that of their track", areas.count(None))
    areas = [0 if area is None else area for area in areas]
    for row, area in enumerate(areas):
        if not (is_number(area) and area >= 0):
            raise RowError(row, f"area: expected a number of pixels, found {show(area)}")
    return np.array(areas, np.float64)


def write_annotations(tracks: Tracks) -> list[Record]:
    """Return the annotations of one video, without their ids."""
    masks, extent = masks_to_write(tracks), tracks.extent
    near, far = tracks.box[:, :2], tracks.box[:, 2:]
    columns = {
        "bboxes": np.concatenate([near, far - near], axis=1).tolist(),
        "areas": (masks.areas if tracks.area is None else tracks.area).tolist(),
        "segmentations": write_counts(masks),
    }
    annotations = [
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
    nowhere = [None] * extent.frame_count
    absent = [
        {
            "category_id": class_id,
            "iscrowd": int(score == 0),
            "height": extent.height,
            "width": extent.width,
            "length": extent.frame_count,
            **dict.fromkeys(columns, nowhere),
        }
        for class_id, score in _absent_values(tracks)
    ]
    return _with_absent(annotations, absent, tracks)


def write_entries(tracks: Tracks) -> list[Record]:
    """Return the entries of one video, without its id."""
    runs = write_runs(masks_to_write(tracks))
    entries = [
        {
            "category_id": _commonest(tracks.class_id[rows]),
            "score": _mean(tracks.score[rows]),
            "segmentations": _spread(runs, tracks, rows),
        }
        for rows in _rows_by_track(tracks)
    ]
    nowhere = [None] * tracks.extent.frame_count
    absent = [
        {"category_id": class_id, "score": score, "segmentations": nowhere}
        for class_id, score in _absent_values(tracks)
    ]
    return _with_absent(entries, absent, tracks)


def _absent_values(tracks: Tracks) -> list[tuple[int, float]]:
    """Return class and score of each track that is in no frame."""
    if tracks.absent is None:
        return []
    return list(zip(tracks.absent.class_id.tolist(), tracks.absent.score.tolist(), strict=True))


def _with_absent(present: list[Record], absent: list[Record], tracks: Tracks) -> list[Record]:
    """Return the records of all tracks in the order of their identities."""
    if tracks.absent is None:
        return present
    order = np.argsort(np.append(np.unique(tracks.track), tracks.absent.track), kind="stable")
    return [[*present, *absent][place] for place in order.tolist()]


def _rows_by_track(tracks: Tracks) -> list[np.ndarray]:
    """Return the rows of each identity, both ascending; ValueError if a row has no identity."""
    unidentified = tracks.track < 0
    if unidentified.any():
        frame = tracks.frame[np.argmax(unidentified)]
        raise ValueError(f"a row of frame {frame} (from 0) has no identity")
    order = np.argsort(tracks.track, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(tracks.track[order])) + 1) if len(order) else []


def _only_value(tracks: Tracks, rows: np.ndarray, column: np.ndarray, name: str) -> int:
    """Return the only value of a column on a track's rows; ValueError if there are several."""
    found = np.unique(column[rows])
    if len(found) > 1:
        track = tracks.track[rows[0]]
        raise ValueError(f"track {track}: {name}: expected one value, found {found.tolist()}")
    return int(found[0])


def _commonest(values: np.ndarray) -> int:
    """Return the most frequent value, the smallest one if several are equally frequent."""
    found, count = np.unique(values, return_counts=True)
    return int(found[np.argmax(count)])


def _mean(values: np.ndarray) -> float:
    """Return the mean, which is exact if all values are equal."""
    same = values.min() == values.max()
    return float(values[0] if same else values.mean())


def _spread(values: list[Any], tracks: Tracks, rows: np.ndarray) -> list[Any]:
    """Return the values of a track's rows, one per frame, None for frames without a row.

    Args:
        values: One value per row of all tracks.
    """
    found: list[Any] = [None] * tracks.extent.frame_count
    for row, frame in zip(rows.tolist(), tracks.frame[rows].tolist(), strict=True):
        found[frame] = values[row]
    return found
