"""Read and write COCO's detection format, one image per frame, with CocoVID's keys for videos.

Source: https://cocodataset.org/#format-data and #format-results; CocoVID of open-mmlab/mmtracking
for video_id, frame_id, instance_id; TAO for track_id. A bbox is left, top, width, height in pixels
from zero, without a shift. An optional key is present in all records of a list or in none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats.coco_images import Images, images_of, number_images, write_images
from datasets.formats.coco_shapes import (
    Shapes,
    boxed_shapes,
    is_boxed,
    masked_shapes,
    read_shapes,
)
from datasets.io.errors import RowError
from datasets.io.files import read_json, write_json
from datasets.needs import EVERYTHING, Needs
from datasets.overlap import box_area
from datasets.records.categories import make_categories
from datasets.records.columns import (
    Known,
    Record,
    check_records,
    distinct,
    flags,
    have,
    known_records,
    list_under,
    look_up,
    naming_record,
    numbers,
    whole_numbers,
)
from datasets.records.segmentations import read_masks, write_runs
from datasets.types import NO_TRACK, Extent, Tracks


def read_images(path: Path) -> Images:
    """Return the images of a ground truth file, which need not have annotations.

    Raises:
        ValueError: As `read_labels`.
    """
    return images_of(read_json(path, allow_nan=True), path)


def read_truth(path: Path) -> dict[str, Tracks]:
    """Return the ground truth of each sequence by name; raises as `read_labels`."""
    return read_labels(path)[1]


def read_labels(path: Path, needs: Needs | None = None) -> tuple[Images, dict[str, Tracks]]:
    """Return the images of a ground truth file, and the ground truth of each sequence by name.

    The identity is the track_id or instance_id if present, otherwise the annotation's id.
    Crowds have score 0, all others 1. Annotations of unlisted images and categories are skipped.

    Args:
        needs: What scoring uses; None if the file is not scored. Unused masks are read only for
            boxes or areas that are missing.

    Raises:
        ValueError: Not JSON, or an image, video, category or annotation is invalid. Names the file
            and the record, from 0.
    """
    content = read_json(path, allow_nan=True)
    images = images_of(content, path, sized=needs is None or needs.masks)
    with naming_record(path, "annotation"):
        records = check_records(list_under(content, "annotations", path))
        with known_records(records, "image_id", images.ids, "annotations") as known:
            return images, _read_annotations(known, images, needs)


def read_results(path: Path, images: Images, needs: Needs | None = None) -> dict[str, Tracks]:
    """Return the results of each sequence by name, empty where it has none.

    The identity is the track_id if present, otherwise the position in the file, from 1. A missing
    box is the tight box of the mask. Where the file is scored, the first result decides, as for the
    COCO API: with a bbox, areas are those of boxes and a missing mask is the box; without one,
    areas are those of masks. Results of categories without ground truth are skipped.

    Args:
        needs: What scoring uses; None if the file is not scored. Unused masks are read only for
            boxes that are missing.

    Raises:
        ValueError: Not JSON, or an entry is invalid. Names the file and the entry, from 0.
    """
    content = read_json(path, allow_nan=True)
    if not isinstance(content, list):
        raise ValueError(f"{path}: expected a list of results")
    with naming_record(path, "entry"):
        records = check_records(content)
        look_up(records, "image_id", images.number)
        with known_records(records, "image_id", images.ids, "results") as known:
            return _read_entries(known, images, needs, boxed=is_boxed(records[:1]))


def write_truth(path: Path, tracks: Mapping[str, Tracks]) -> None:
    """Write ground truth; sequences, images and annotations are numbered from 1 in order.

    Raises:
        ValueError: Only some rows have an identity or a mask, or the classes cannot be written.
            Names the file, and the sequence or annotation.
    """
    categories = make_categories(path, tracks)
    images = number_images(tracks)
    records: list[Record] = []
    for name, number in images.by_sequence().items():
        crowd = (tracks[name].score == 0).astype(int).tolist()
        more = zip(_write_rows(tracks[name], number), _areas(tracks[name]), crowd, strict=True)
        for record, area, iscrowd in more:
            records.append(
                {"id": len(records) + 1, **record, "area": float(area), "iscrowd": iscrowd}
            )
    content = {
        "videos": [{"id": number, "name": name} for number, name in enumerate(tracks, 1)],
        "images": write_images(images),
        "annotations": _without_empty_keys(path, "annotation", records),
        "categories": categories,
    }
    write_json(path, content, indent=None)


def write_results(path: Path, tracks: Mapping[str, Tracks], images: Images | None = None) -> None:
    """Write results.

    Args:
        images: Images of the ground truth; by default numbered from 1, as by `write_truth`.

    Raises:
        ValueError: Only some rows have an identity or a mask, a class is ignored, or the ground
            truth has no such sequence. Names the file, and the sequence or entry.
    """
    make_categories(path, tracks)
    known = images or number_images(tracks)
    number = known.by_sequence()
    numbered = {key: known.categories.number_of(key) for key in known.categories.classes}
    records: list[Record] = []
    for name, each in tracks.items():
        if known.extents.get(name) != each.extent:
            raise ValueError(f"{path}: not written: {name}: not a sequence of the ground truth")
        rows = zip(_write_rows(each, number[name]), each.score.tolist(), strict=True)
        records += [
            record | {"category_id": numbered[record["category_id"]], "score": score}
            for record, score in rows
        ]
    write_json(path, _without_empty_keys(path, "entry", records), indent=None)


def _identities(records: list[Record], default: np.ndarray, keys: tuple[str, ...]) -> np.ndarray:
    """Return the column of the first key that the records have, otherwise the default."""
    return next((whole_numbers(records, key) for key in keys if have(records, key)), default)


def _read_annotations(known: Known, images: Images, needs: Needs | None) -> dict[str, Tracks]:
    """Return the ground truth of each sequence by name; RowError for an invalid record."""
    records = known.records
    used = needs or EVERYTHING
    keys = ("track_id", "instance_id") if used.identities else ()
    columns = {
        **_ranks(known, images, needs),
        "track": _identities(records, distinct(records), keys),
        "score": np.where(flags(records, "iscrowd"), 0.0, 1.0),
    }
    if have(records, "area"):
        columns["area"] = numbers(records, "area")
    shapes = read_shapes(records, masks=used.masks or "area" not in columns)
    return _read_rows(known, images, columns, shapes)


def _read_entries(
    known: Known, images: Images, needs: Needs | None, *, boxed: bool
) -> dict[str, Tracks]:
    """Return the results of each sequence by name; RowError for an invalid record.

    Args:
        boxed: Whether the first record of the file has a bbox.
    """
    records = known.records
    used = needs or EVERYTHING
    columns = {
        **_ranks(known, images, needs),
        "track": _identities(records, known.row + 1, ("track_id",) if used.identities else ()),
        "score": numbers(records, "score"),
    }
    if needs is None:
        shapes = read_shapes(records, masks=True)
    else:
        shapes = boxed_shapes(records, needs) if boxed else masked_shapes(records)
    return _read_rows(known, images, columns, shapes)


def _ranks(known: Known, images: Images, needs: Needs | None) -> dict[str, np.ndarray]:
    """Return the rank of each row's image if the file is scored."""
    return {} if needs is None else {"image": images.ranks[known.place]}


def _read_rows(
    known: Known, images: Images, columns: dict[str, np.ndarray], shapes: Shapes
) -> dict[str, Tracks]:
    """Return the rows of each sequence by name; RowError for an invalid record."""
    image = known.place
    columns = {**columns, **shapes.columns, "class_id": known.class_id}
    order, edges = np.argsort(image, kind="stable"), images.edges
    cuts = pairwise(np.searchsorted(image[order], edges).tolist())
    found = {}
    for (name, extent), first, (begin, end) in zip(
        images.extents.items(), edges[:-1], cuts, strict=True
    ):
        rows = order[begin:end]
        own = {key: column[rows] for key, column in columns.items()}
        runs = None if shapes.runs is None else [shapes.runs[row] for row in rows.tolist()]
        try:
            found[name] = _tracks(extent, {**own, "frame": image[rows] - first}, runs)
            masks = found[name].rle
            if shapes.mask_areas and masks is not None:
                found[name] = replace(found[name], area=masks.areas)
        except RowError as error:
            raise RowError(int(rows[error.row]), error.reason) from error
    return found


def _tracks(extent: Extent, columns: dict[str, Any], runs: list[Any] | None) -> Tracks:
    if runs is None:
        return Tracks(extent, **columns)
    masks = read_masks(runs, extent.height, extent.width)
    box = columns.get("box", masks.boxes)
    return Tracks(extent, **columns | {"box": np.where(np.isnan(box), masks.boxes, box)}, rle=masks)


def _write_rows(tracks: Tracks, number: np.ndarray) -> list[Record]:
    """Return the keys common to ground truth and results; None for a missing identity or mask.

    Args:
        number: (F,) image id of each frame.
    """
    image = number[tracks.frame].tolist()
    near, far = tracks.box[:, :2], tracks.box[:, 2:]
    box = np.concatenate([near, far - near], axis=1).tolist()
    runs = [None] * len(tracks) if tracks.rle is None else write_runs(tracks.rle)
    columns = zip(image, tracks.class_id.tolist(), tracks.track.tolist(), box, runs, strict=True)
    return [
        {
            "image_id": image_id,
            "category_id": class_id,
            "track_id": None if track == NO_TRACK else track,
            "bbox": bbox,
            "segmentation": run,
        }
        for image_id, class_id, track, bbox, run in columns
    ]


def _without_empty_keys(path: Path, kind: str, records: list[Record]) -> list[Record]:
    """Return the records without the keys of identity or mask where no record has a value."""
    with naming_record(path, kind):
        empty = {key for key in ("track_id", "segmentation") if not have(records, key)}
    return [{key: record[key] for key in record if key not in empty} for record in records]


def _areas(tracks: Tracks) -> np.ndarray:
    if tracks.area is not None:
        return tracks.area
    return box_area(tracks.box) if tracks.rle is None else tracks.rle.areas
