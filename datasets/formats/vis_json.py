"""Read and write the JSON of YouTube-VIS and OVIS: one file for the masks of all videos.

Source: https://youtube-vos.org/dataset/vis; ytvos.py of youtubevos/cocoapi f3f9948. Ground truth
lists videos, categories and one annotation per track; results have one entry per track. Both hold
a segmentation for each frame, null where the track is absent. Boxes are written but not read:
boxes here are the tight boxes of the masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from datasets.formats.vis_entries import Entries, read_entries, write_annotations, write_entries
from datasets.io.errors import RowError
from datasets.io.files import read_json, write_json
from datasets.needs import Needs
from datasets.records.categories import (
    NO_CATEGORIES,
    Categories,
    as_categories,
    make_categories,
    name_sequences,
    naming_sequence,
    read_categories,
)
from datasets.records.columns import (
    MAX_EXACT_INTEGER,
    Ids,
    Record,
    check_records,
    distinct,
    flags,
    have,
    is_text,
    known_records,
    list_under,
    naming_record,
    numbers,
    read_sizes,
    show,
)
from datasets.types import Extent, Tracks


@dataclass(frozen=True)
class Video:
    """A video of a file.

    Args:
        number: Id of the video in the file.
        categories: Categories of the file.
    """

    number: int | str
    extent: Extent
    categories: Categories


def read_videos(path: Path) -> dict[str, Video]:
    """Return the videos of a ground truth file by name; it need not have annotations.

    A video is named after the folder of its first file if every video has a unique folder,
    otherwise after its id.

    Raises:
        ValueError: As `read_labels`.
    """
    return _read_videos(read_json(path, allow_nan=True), path)


def read_truth(path: Path) -> dict[str, Tracks]:
    """Return the ground truth of each video by name; raises as `read_labels`."""
    return read_labels(path)[1]


def read_labels(
    path: Path, needs: Needs | None = None
) -> tuple[dict[str, Video], dict[str, Tracks]]:
    """Return the videos of a ground truth file, and the ground truth of each, by name.

    The identity of a track is its annotation's id. Crowds have score 0, all others 1. Annotations
    of unlisted videos and categories are skipped.

    Args:
        needs: What scoring uses; None if the file is not scored, which skips the tracks that are in
            no frame.

    Raises:
        ValueError: Not JSON, or a video, category or annotation is invalid. Names the file and the
            record, from 0.
    """
    content = read_json(path, allow_nan=True)
    videos = _read_videos(content, path)
    with naming_record(path, "annotation"):
        records = check_records(list_under(content, "annotations", path))
        with known_records(records, "video_id", _ids(videos.values()), "annotations") as known:
            records = known.records
            score = np.where(flags(records, "iscrowd"), 0.0, 1.0)
            entries = Entries(
                known, distinct(records), score, have(records, "areas"), needs is not None
            )
            return videos, _by_name(entries, videos)


def read_results(
    path: Path, videos: Mapping[str, Video], needs: Needs | None = None
) -> dict[str, Tracks]:
    """Return the results of each video by name, empty for a video without entries.

    The identity of a track is its position in the file, from 1; all its rows have its score.
    Results of unlisted videos and categories are skipped.

    Args:
        needs: As for `read_labels`.

    Raises:
        ValueError: Not JSON, or an entry is invalid. Names the file and the entry, from 0.
    """
    content = read_json(path, allow_nan=True)
    if not isinstance(content, list):
        raise ValueError(f"{path}: expected a list of results")
    with naming_record(path, "entry"):
        records = check_records(content)
        with known_records(records, "video_id", _ids(videos.values()), "results") as known:
            score = numbers(known.records, "score")
            return _by_name(Entries(known, known.row + 1, score, False, needs is not None), videos)


def write_truth(path: Path, tracks: Mapping[str, Tracks]) -> None:
    """Write ground truth; videos are numbered from 1, annotations by `number_annotations`.

    Raises:
        ValueError: There are no masks, a row has no identity, a track has several classes or is
            only partly scored, or the classes cannot be written. Names the file and the video.
    """
    categories = make_categories(path, tracks)
    annotations: list[Record] = []
    ids = number_annotations(tracks).tolist()
    for number, (name, each) in enumerate(tracks.items(), 1):
        with naming_sequence(path, name):
            for annotation in write_annotations(each):
                own = {"id": ids[len(annotations)], "video_id": number}
                annotations.append(own | annotation)
    videos = [_video(number, name, tracks[name].extent) for number, name in enumerate(tracks, 1)]
    content = {"videos": videos, "annotations": annotations, "categories": categories}
    write_json(path, content, indent=None)


def number_annotations(tracks: Mapping[str, Tracks]) -> np.ndarray:
    """Return the id of each annotation, video by video, in order of identity.

    Ids are the identities if these are positive and unique over all videos, otherwise 1, 2, ...
    """
    identities = [
        np.unique(each.track if each.absent is None else [*each.track, *each.absent.track])
        for each in tracks.values()
    ]
    every = np.concatenate([np.zeros(0, np.int64), *identities])
    own = len(np.unique(every)) == len(every) and ((every > 0) & (every < MAX_EXACT_INTEGER)).all()
    return every if own else np.arange(len(every)) + 1


def count_unread(path: Path) -> dict[str, int]:
    """Return the fields of a ground truth file which Tracks cannot hold, 0 rows each."""
    content = read_json(path, allow_nan=True)
    videos = _read_videos(content, path).items()
    ours = [_video(number, name, video.extent) for number, (name, video) in enumerate(videos, 1)]
    pairs = list(zip(content["videos"], ours, strict=True))
    present = {
        "image names": any(each["file_names"] != own["file_names"] for each, own in pairs),
        "video ids": any(each["id"] != own["id"] for each, own in pairs),
    }
    return {what: 0 for what, unread in present.items() if unread}


def write_results(
    path: Path, tracks: Mapping[str, Tracks], videos: Mapping[str, Video] | None = None
) -> None:
    """Write results: a track has the mean of its scores and its most frequent class.

    Args:
        videos: Videos of the ground truth; by default 1, 2, ... in order, as in `write_truth`.

    Raises:
        ValueError: There are no masks, a row has no identity, a class is ignored, or the ground
            truth has no such video. Names the file and the video.
    """
    make_categories(path, tracks)
    known = number_videos(tracks) if videos is None else videos
    entries: list[Record] = []
    for name, each in tracks.items():
        with naming_sequence(path, name):
            if name not in known:
                raise ValueError(f"unknown video: expected one of {sorted(known)}")
            video = known[name]
            entries += [
                {
                    "video_id": video.number,
                    **entry,
                    "category_id": video.categories.number_of(entry["category_id"]),
                }
                for entry in write_entries(each)
            ]
    write_json(path, entries, indent=None)


def number_videos(tracks: Mapping[str, Tracks]) -> dict[str, Video]:
    """Return videos numbered from 1 in order."""
    categories = as_categories(tracks)
    return {
        name: Video(number, each.extent, categories)
        for number, (name, each) in enumerate(tracks.items(), 1)
    }


def _read_videos(content: Any, path: Path) -> dict[str, Video]:
    categories = read_categories(content, path)
    with naming_record(path, "video"):
        records = check_records(list_under(content, "videos", path))
        ids = distinct(records, text=is_text(records, "id")).tolist()
        sizes = read_sizes(records).tolist()
        lengths = [_read_length(row, record) for row, record in enumerate(records)]
    folders = [str(PurePosixPath(record["file_names"][0]).parent) for record in records]
    return {
        name: Video(number, Extent(height, width, length, categories.classes), categories)
        for name, number, (height, width), length in zip(
            name_sequences(folders, ids), ids, sizes, lengths, strict=True
        )
    }


def _by_name(entries: Entries, videos: Mapping[str, Video]) -> dict[str, Tracks]:
    """Return the tracks of each video by name; RowError for an invalid entry."""
    found = read_entries(entries, [video.extent for video in videos.values()])
    return dict(zip(videos, found, strict=True))


def _ids(videos: Iterable[Video]) -> Ids:
    """Return the ids to which annotations and results refer."""
    known = [*videos]
    categories = known[0].categories if known else NO_CATEGORIES
    return categories.ids_with([video.number for video in known])


def _read_length(row: int, record: Record) -> int:
    """Return the number of frames."""
    files = record.get("file_names")
    if not isinstance(files, list) or not files or not all(isinstance(f, str) for f in files):
        raise RowError(row, f"file_names: expected a list of file names, found {show(files)}")
    length = record.get("length", len(files))
    if length != len(files):
        expected = f"{len(files)} as in file_names"
        raise RowError(row, f"length: expected {expected}, found {show(length)}")
    return len(files)


def _video(number: int, name: str, extent: Extent) -> Record:
    return {
        "id": number,
        "width": extent.width,
        "height": extent.height,
        "length": extent.frame_count,
        "file_names": [f"{name}/{frame:05d}.jpg" for frame in range(extent.frame_count)],
    }
