"""The images of a COCO file and the sequences they make: frames of videos, as CocoVID tells them.

Source: https://cocodataset.org/#format-data; CocoVID of open-mmlab/mmtracking for `videos`,
`video_id` and `frame_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats.json_records import (
    Record,
    check_records,
    distinct,
    have,
    list_under,
    look_up,
    name_sequences,
    naming,
    read_classes,
    read_sizes,
    whole_numbers,
)
from datasets.io.errors import RowError
from datasets.io.files import read_json
from datasets.types import Extent, Tracks


@dataclass(frozen=True)
class Images:
    """The images of a file, put together to sequences.

    Args:
        number: (I,) what the file calls each image: the frames of the first sequence in order,
            then those of the second, and so on.
        extents: Of each sequence, by name.
    """

    number: np.ndarray
    extents: Mapping[str, Extent]

    @cached_property
    def edges(self) -> np.ndarray:
        """The position of the first image of each sequence, then of the end, (S + 1,)."""
        return np.cumsum([0, *(extent.frame_count for extent in self.extents.values())])

    def by_sequence(self) -> dict[str, np.ndarray]:
        """Return what the file calls the image of each frame, by sequence."""
        parts = zip(self.extents, pairwise(self.edges.tolist()), strict=True)
        return {name: self.number[first:end] for name, (first, end) in parts}


def images_of(content: Any, path: Path) -> Images:
    """Return the images of what a ground truth file holds.

    Images of one video are a sequence, in order of frame_id, or of id where no image has one; it is
    called as the video, or as its id where videos have no names of their own. Without videos,
    images of one size are a sequence, called "<width>x<height>", in order of id.

    Raises:
        ValueError: An image, video or category is not what it should be. Names the file, and which
            of its kind, from 0.
    """
    classes = read_classes(content, path)
    with naming(path, "image"):
        records = check_records(list_under(content, "images", path))
        number, size = distinct(records), read_sizes(records)
        group, names = _group(content, path, records, size)
        ranked = have(records, "video_id") and have(records, "frame_id")
        rank = whole_numbers(records, "frame_id") if ranked else number
        order = np.lexsort((rank, group))
        _check_sequences(order, group, rank, size)
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    lengths = np.diff(np.append(first, len(order))).tolist()
    sizes = size[order[first]].tolist()
    extents = {
        name: Extent(height, width, length, classes)
        for name, (height, width), length in zip(names, sizes, lengths, strict=True)
    }
    return Images(number[order], extents)


def _group(
    content: Record, path: Path, records: list[Record], size: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return which sequence each image is of, (I,) from 0, and what the sequences are called."""
    if not have(records, "video_id"):
        sizes, group = np.unique(size, axis=0, return_inverse=True)
        return group.reshape(-1), [f"{width}x{height}" for height, width in sizes.tolist()]
    videos = whole_numbers(records, "video_id")
    ids, first, group = np.unique(videos, return_index=True, return_inverse=True)
    if content.get("videos") is None:
        return group, [str(each) for each in ids.tolist()]
    with naming(path, "video"):
        listed = check_records(list_under(content, "videos", path))
        known = distinct(listed)
    place = look_up(records, "video_id", known)[first]
    given = [video["name"] if isinstance(video.get("name"), str) else None for video in listed]
    names = name_sequences(given, known.tolist())
    return group, [names[each] for each in place.tolist()]


def _check_sequences(
    order: np.ndarray, group: np.ndarray, rank: np.ndarray, size: np.ndarray
) -> None:
    """Raise RowError for an image of another size than, or the frame of, the one before it."""
    one, other = order[:-1], order[1:]
    same = group[one] == group[other]
    resized = same & (size[one] != size[other]).any(axis=1)
    repeated = same & (rank[one] == rank[other])
    if resized.any():
        image = int(other[np.argmax(resized)])
        found = f"height {size[image, 0]} and width {size[image, 1]}"
        raise RowError(image, f"{found} found, unlike others of its video")
    if repeated.any():
        image = int(other[np.argmax(repeated)])
        raise RowError(image, f"frame_id {rank[image]} found twice in its video")


def number_images(tracks: Mapping[str, Tracks]) -> Images:
    """Return images numbered from 1, sequence by sequence."""
    extents = {name: each.extent for name, each in tracks.items()}
    return Images(np.arange(sum(extent.frame_count for extent in extents.values())) + 1, extents)


def count_unread(path: Path) -> dict[str, int]:
    """Return what a ground truth file holds of its images beyond Images, 0 rows each."""
    content = read_json(path)
    images = images_of(content, path)
    found = {record["id"]: record for record in content["images"]}
    pairs = [(own | found[own["id"]], own) for own in write_images(images)]
    there = {
        "names of images": any(each["file_name"] != own["file_name"] for each, own in pairs),
        "numbers of images": (images.number != np.arange(len(images.number)) + 1).any(),
        "numbers of frames": any(each["frame_id"] != own["frame_id"] for each, own in pairs),
    }
    return {what: 0 for what, lost in there.items() if lost}


def write_images(images: Images) -> list[Record]:
    """Return the list of images, for sequences that are videos 1, 2, ... in order."""
    return [
        {
            "id": number,
            "video_id": video,
            "frame_id": frame,
            "file_name": f"{name}/{frame:06d}.jpg",
            "height": images.extents[name].height,
            "width": images.extents[name].width,
        }
        for video, (name, own) in enumerate(images.by_sequence().items(), 1)
        for frame, number in enumerate(own.tolist())
    ]
