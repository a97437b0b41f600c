"""The images of a COCO file, grouped into sequences: the frames of CocoVID's videos.

Source: https://cocodataset.org/#format-data; CocoVID of open-mmlab/mmtracking for `videos`,
`video_id` and `frame_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.io.files import read_json
from datasets.records.categories import (
    Categories,
    as_categories,
    name_sequences,
    read_categories,
)
from datasets.records.columns import (
    Ids,
    Record,
    check_records,
    distinct,
    have,
    identifiers,
    is_text,
    list_under,
    look_up,
    naming_record,
    read_sizes,
    whole_numbers,
    without_repeats,
)
from datasets.types import Extent, Tracks

_READ = ("id", "file_name", "height", "width", "video_id", "frame_id")  # keys of an image


@dataclass(frozen=True)
class Images:
    """The images of a file, grouped into sequences.

    Args:
        number: (I,) id of each image in the file, whole numbers or text: the frames of the first
            sequence in order, then those of the second, and so on.
        extents: Extents of the sequences, by name.
        categories: Categories of the file.
    """

    number: np.ndarray
    extents: Mapping[str, Extent]
    categories: Categories

    @cached_property
    def edges(self) -> np.ndarray:
        """The index of the first image of each sequence, followed by the end, (S + 1,)."""
        return np.cumsum([0, *(extent.frame_count for extent in self.extents.values())])

    @cached_property
    def ranks(self) -> np.ndarray:
        """Position of each image among all, sorted by id, (I,) int64."""
        return _ranks(self.number)

    @property
    def ids(self) -> Ids:
        """Ids to which annotations and results refer."""
        return self.categories.ids_with(self.number.tolist())

    def by_sequence(self) -> dict[str, np.ndarray]:
        """Return the image id of each frame, by sequence."""
        parts = zip(self.extents, pairwise(self.edges.tolist()), strict=True)
        return {name: self.number[first:end] for name, (first, end) in parts}


def images_of(content: Any, path: Path, *, sized: bool = True) -> Images:
    """Return the images of the content of a ground truth file.

    The images of one video are a sequence, ordered by frame_id, or by id if no image has one. The
    sequence is named after the video, or after its id if videos have no unique names. Without
    videos, the images of one size are a sequence named "<width>x<height>", ordered by id.

    Args:
        sized: Whether the size of each image is used. Otherwise it may be missing, which makes it 0
            x 0 and the name "no size", and images of one video may differ in size.

    Raises:
        ValueError: An image, video or category is invalid. Names the file and the record, from 0.
    """
    categories = read_categories(content, path)
    with naming_record(path, "image"):
        listed = check_records(list_under(content, "images", path))
        records = without_repeats(listed, "images", _READ)
        number = distinct(records, text=is_text(records, "id"))
        size = read_sizes(records) if sized else _known_sizes(records)
        group, names = _group(content, path, records, size)
        ranked = have(records, "video_id") and have(records, "frame_id")
        rank = whole_numbers(records, "frame_id") if ranked else _ranks(number)
        order = np.lexsort((rank, group))
        _check_sequences(order, group, rank, size if sized else np.zeros_like(size))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    lengths = np.diff(np.append(first, len(order))).tolist()
    sizes = size[order[first]].tolist()
    extents = {
        name: Extent(height, width, length, categories.classes)
        for name, (height, width), length in zip(names, sizes, lengths, strict=True)
    }
    return Images(number[order], extents, categories)


def _known_sizes(records: Many[Record]) -> np.ndarray:
    """Return height and width of images, (N, 2) int64, 0 x 0 where no valid size is given."""
    size = np.zeros((len(records), 2), np.int64)
    for row, record in enumerate(records):
        with suppress(RowError):
            size[row] = read_sizes([record])[0]
    return size


def _ranks(number: np.ndarray) -> np.ndarray:
    """Return the position of each id among the sorted ids, (I,) int64."""
    return np.unique(number, return_inverse=True)[1]


def _group(
    content: Record, path: Path, records: list[Record], size: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the sequence index of each image, (I,), and the names of the sequences."""
    if not have(records, "video_id"):
        sizes, group = np.unique(size, axis=0, return_inverse=True)
        return group.reshape(-1), [
            f"{width}x{height}" if width else "no size" for height, width in sizes.tolist()
        ]
    videos = identifiers(records, "video_id", text=is_text(records, "video_id"))
    ids, first, group = np.unique(videos, return_index=True, return_inverse=True)
    if content.get("videos") is None:
        return group, [str(each) for each in ids.tolist()]
    with naming_record(path, "video"):
        listed = check_records(list_under(content, "videos", path))
        known = distinct(listed, text=is_text(listed, "id"))
    place = look_up(records, "video_id", known)[first]
    stored = [video["name"] if isinstance(video.get("name"), str) else None for video in listed]
    names = name_sequences(stored, known.tolist())
    return group, [names[each] for each in place.tolist()]


def _check_sequences(
    order: np.ndarray, group: np.ndarray, rank: np.ndarray, size: np.ndarray
) -> None:
    """Raise RowError if consecutive images of a sequence differ in size or share a frame."""
    one, other = order[:-1], order[1:]
    same = group[one] == group[other]
    resized = same & (size[one] != size[other]).any(axis=1)
    repeated = same & (rank[one] == rank[other])
    if resized.any():
        image = int(other[np.argmax(resized)])
        found = f"height {size[image, 0]} and width {size[image, 1]}"
        raise RowError(image, f"{found} differ from those of other images of its video")
    if repeated.any():
        image = int(other[np.argmax(repeated)])
        raise RowError(image, f"frame_id {rank[image]} is not unique in its video")


def number_images(tracks: Mapping[str, Tracks]) -> Images:
    """Return images numbered from 1, sequence by sequence."""
    extents = {name: each.extent for name, each in tracks.items()}
    count = sum(extent.frame_count for extent in extents.values())
    return Images(np.arange(count) + 1, extents, as_categories(tracks))


def count_unread(path: Path) -> dict[str, int]:
    """Return the image fields of a ground truth file which Images does not hold, 0 rows each."""
    content = read_json(path, allow_nan=True)
    images = images_of(content, path)
    found = {record["id"]: record for record in content["images"]}
    pairs = [(own | found[own["id"]], own) for own in write_images(images)]
    present = {
        "image names": any(each["file_name"] != own["file_name"] for each, own in pairs),
        "image ids": (images.number != np.arange(len(images.number)) + 1).any(),
        "frame numbers": any(each["frame_id"] != own["frame_id"] for each, own in pairs),
    }
    return {what: 0 for what, unread in present.items() if unread}


def write_images(images: Images) -> list[Record]:
    """Return the image records of sequences that are videos 1, 2, ... in order."""
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
