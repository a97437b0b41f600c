"""Everyday COCO files, beside pycocotools."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from tests.support.metrics import coco_files
from tests.support.metrics.coco_files import SIZE
from tests.support.metrics.inputs import Change, Example, Read, Refused, Scores, check, table
from tests.support.metrics.record_changes import (
    RESULTS,
    TRUTH,
    dropped,
    extra,
    put,
    records,
    renamed,
    write,
)
from tests.support.metrics.text_changes import both

MASKS = {"families": ["coco_mask_ap"]}
SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]
NO_CATEGORY = "results of an unlisted category, skipped"
SIZES = "boxes of negative width or height"


def _theirs(folder: Path, options: Mapping[str, Any]) -> Scores:
    kind, prefix = ("segm", "mask") if options == MASKS else ("bbox", "box")
    contents = (json.loads((folder / name).read_text()) for name in (TRUTH, RESULTS))
    found = coco_files.theirs(folder, *contents, kind)
    return {f"{prefix} {n}": None if np.isnan(value) else value for n, value in found.items()}


COCO = Example(
    "coco",
    {TRUTH: coco_files.TRUTH, RESULTS: coco_files.RESULTS},
    (TRUTH, RESULTS),
    _theirs,
    write,
)


def ids(name: Callable[[Any], Any], *keys: str) -> Change:
    """Return the change of the ids of images (`image_id`) or categories (`category_id`)."""
    lists = {"image_id": "images", "category_id": "categories"}
    return both(
        *(renamed(lists[key], name, "id") for key in keys),
        *(renamed(each, name, *keys) for each in ("annotations", "results")),
    )


def segmented(key: str, *segmentations: Any) -> Change:
    """Return the change that gives the first records segmentations."""
    return both(*(put(key, [n], segmentation=each) for n, each in enumerate(segmentations)))


def triangle(record: dict) -> None:
    """Give a record a mask that covers about half of its box."""
    left, top, width, height = record["bbox"]
    corners = [left, top, left + width, top, left, top + height]
    (run,) = coco_mask.frPyObjects([corners], SIZE["height"], SIZE["width"])
    record["segmentation"] = {"size": run["size"], "counts": run["counts"].decode()}


MASKED = both(records("annotations", triangle), records("results", triangle))
TIED = put("results", score=0.5)


def of_videos(*videos: Any) -> Change:
    """Return the change that makes the images frames of videos."""

    return both(*(put("images", [n], video_id=each) for n, each in enumerate(videos)))


INPUTS = table(
    {
        "masks that are not scored": {
            "null and points": (segmented("annotations", [[1, 1]], SQUARE, "x", 7), Read()),
            "run length without size": (segmented("results", {"counts": "x"}, [], SQUARE), Read()),
            "a box as polygon": (segmented("annotations", *[[[1, 2, 3, 4]]] * 5), Read()),
            "of another image": (
                segmented("results", *[{"size": [1, 1], "counts": [1]}] * 6),
                Read(),
            ),
        },
        "names of categories": {
            "all alike": (put("categories", name="cup"), Read("named by their id too")),
            "none": (dropped("categories", "name"), Read("without a name")),
            "numbers": (put("categories", name=7), Read("categories without a name")),
            "a category listed twice": (
                extra("categories", 2),
                Read("categories listed twice, read once"),
            ),
            "two of one id": (
                extra("categories", 2, name="knife"),
                Refused("truth.json, category 2: id 8 is not unique"),
            ),
        },
        "ids as text": {
            "of images": (ids("img_{}.jpg".format, "image_id"), Read()),
            "of categories": (ids("c{}".format, "category_id"), Read()),
            "of both, as digits": (ids(str, "image_id", "category_id"), Read()),
            "of videos": (of_videos("b", "b", "a"), Read()),
            "in results only": (
                renamed("results", str, "image_id"),
                Refused('results.json, entry 0: image_id: ...a whole number...found "4"'),
            ),
        },
        "unlisted": {
            "a category of the first result": (
                extra("results", 0, category_id=90),
                Read(NO_CATEGORY),
            ),
            "a category of null": (put("results", [1, 3], category_id=None), Read(NO_CATEGORY)),
            "a category of annotations": (
                extra("annotations", 0, id=90, category_id=90),
                Read("annotations of an unlisted category, skipped"),
            ),
            "an image of null": (
                extra("annotations", 5, id=90, image_id=None),
                Read("annotations of an unlisted image, skipped"),
            ),
            "an image of results": (
                extra("results", 6, image_id=90),
                Refused("results.json, entry 6: image_id: expected the id of a known image"),
            ),
            "an image listed twice": (extra("images", 0), Read("images listed twice, read once")),
        },
        "values that are not read": {
            "infinity": (put("images", date_captured=float("-inf"), license=[]), Read()),
            "NaN in results": (put("results", [0, 2], track_id=float("nan"), note=None), Read()),
            "text for numbers": (put("annotations", track_id="x", instance_id="y"), Read()),
            "no size of images": (dropped("images", "width", [1]), Read()),
            "NaN as a score": (
                put("results", [2], score=float("nan")),
                Refused("results.json, entry 2: score: expected a finite number, found NaN"),
            ),
        },
        "ties": {
            "three images": (TIED, Read()),
            "images of two sizes": (both(TIED, put("images", [0], width=100)), Read()),
            "videos in the other order": (both(TIED, of_videos(2, 2, 1)), Read()),
            "ids as text": (both(TIED, ids("i{}".format, "image_id")), Read()),
            "a video that ends first": (both(TIED, of_videos(1, 2, 1)), Read()),
        },
        "areas of results": {
            "masks, with boxes": (MASKED, Read(), MASKS),
            "masks, without boxes": (
                both(MASKED, dropped("results", "bbox")),
                Read(),
                MASKS,
            ),
            "masks, a box of the first result": (
                both(MASKED, dropped("results", "bbox", [1, 2, 3, 4, 5])),
                Refused("results.json, entry 1: bbox: expected left, top, width and height"),
                MASKS,
            ),
            "boxes, with masks": (MASKED, Read()),
            "boxes, masks of some": (
                both(MASKED, dropped("results", "segmentation", [0, 3])),
                Read(),
            ),
        },
        "negative sizes": {
            "width in COCO": (put("results", [1], bbox=[60, 20, -40, 60]), Read(SIZES)),
            "width and height": (put("results", [0, 2], bbox=[60, 20, -4, -6]), Read(SIZES)),
            "of an annotation": (put("annotations", [2], bbox=[5, 5, 110, -90]), Read(SIZES)),
        },
        "whole numbers": {
            "ids of COCO": (ids(float, "image_id", "category_id"), Read()),
            "of annotations": (
                renamed("annotations", float, "id"),
                Read(),
            ),
            "of videos": (of_videos(1.0, 1.0, 2.0), Read()),
            "crowds": (put("annotations", [1], iscrowd=1.0), Read()),
            "an image of 4.5": (
                put("annotations", [1], image_id=4.5),
                Refused("annotation 1: image_id: expected a whole number below 2^53, found 4.5"),
            ),
            "a category of 3.5": (
                put("results", [2], category_id=3.5),
                Refused("entry 2: category_id: expected a whole number below 2^53, found 3.5"),
            ),
        },
    }
)


@pytest.mark.parametrize("given", INPUTS, ids=str)
def test_coco_files(given, tmp_path):
    check(COCO, given, tmp_path)
