"""COCO files with random objects and results, for the benchmark of AP of single frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.masks.coco_rle import from_intervals
from datasets.masks.intervals import Intervals

_WIDTH, _HEIGHT = 640, 480
_CLASSES, _OBJECTS, _RESULTS = 80, 7, 20  # the last two for each image
_SCORES = 1000  # different ones
_CROWDS, _CONFUSED = 0.01, 0.2  # shares of the objects, and of the results that follow one
_SEED = 7


def make_frames(truth: Path, results: Path, images: int, *, masks: bool) -> None:
    """Write ground truth and results for images of one size.

    Three results in five follow an object, most of them with its class.

    Args:
        masks: Whether the objects are ellipses instead of boxes.
    """
    rng = np.random.default_rng(_SEED)
    count, found = _OBJECTS * images, _RESULTS * images
    box, image = _boxes(rng, count), rng.integers(1, images + 1, count)
    kind = rng.integers(1, _CLASSES + 1, count)
    source = rng.integers(0, count, 3 * found // 5)
    near = _clip(box[source] + rng.normal(0, 0.08, (len(source), 4)) * box[source][:, [2, 3, 2, 3]])
    confused = rng.random(len(source)) < _CONFUSED
    others = found - len(source)
    columns = {
        "image_id": np.append(image[source], rng.integers(1, images + 1, others)),
        "category_id": np.append(
            np.where(confused, rng.integers(1, _CLASSES + 1, len(source)), kind[source]),
            rng.integers(1, _CLASSES + 1, others),
        ),
        "score": rng.integers(0, _SCORES, found) / _SCORES,
    }
    shape = _shapes(np.concatenate([near, _boxes(rng, others)]), masks=masks)
    write_json(results, _records(columns | shape), indent=None)
    annotations = {
        "id": np.arange(1, count + 1),
        "image_id": image,
        "category_id": kind,
        "iscrowd": (rng.random(count) < _CROWDS).astype(int),
        "area": 0.7 * box[:, 2] * box[:, 3],
    }
    size = {"width": _WIDTH, "height": _HEIGHT}
    content = {
        "images": [{"id": number, **size} for number in range(1, images + 1)],
        "categories": [{"id": key, "name": f"class {key}"} for key in range(1, _CLASSES + 1)],
        "annotations": _records(annotations | _shapes(box, masks=masks)),
    }
    write_json(truth, content, indent=None)


def _boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return random boxes, (N, 4): left, top, width, height."""
    size = np.exp(rng.uniform(np.log(8), np.log(300), (count, 2)))
    corner = rng.random((count, 2)) * (np.array([_WIDTH, _HEIGHT]) - size)
    return _clip(np.concatenate([corner, size], axis=1))


def _clip(box: np.ndarray) -> np.ndarray:
    """Return boxes within the image and at least four pixels wide and high."""
    near = np.clip(box[:, :2], 0, (_WIDTH - 4, _HEIGHT - 4))
    size = np.clip(box[:, 2:], 4, np.array([_WIDTH, _HEIGHT]) - near)
    return np.concatenate([near, size], axis=1).round(2)


def _shapes(box: np.ndarray, *, masks: bool) -> dict[str, Any]:
    if not masks:
        return {"bbox": box}
    size = [_HEIGHT, _WIDTH]
    runs = from_intervals(_ellipses(box), *size).runs
    return {"segmentation": [{"size": size, "counts": run.decode()} for run in runs]}


def _ellipses(box: np.ndarray) -> Intervals:
    """Return the ellipses in boxes: an interval of pixels for each column of pixels."""
    left, right = np.ceil(box[:, 0]).astype(int), np.floor(box[:, 0] + box[:, 2]).astype(int)
    wide = right - left
    first = np.cumsum([0, *wide])
    owner = np.repeat(np.arange(len(box)), wide)
    column = np.arange(len(owner)) - first[owner] + left[owner]
    across = (column + 0.5 - box[owner, 0]) / box[owner, 2] * 2 - 1
    half = box[owner, 3] / 2 * np.sqrt(np.maximum(1 - across**2, 0))
    middle = box[owner, 1] + box[owner, 3] / 2
    top = np.floor(np.minimum(middle - half, _HEIGHT - 1)).astype(int)
    bottom = np.clip(np.ceil(middle + half).astype(int), top + 1, _HEIGHT)
    return Intervals(first, column * _HEIGHT + top, column * _HEIGHT + bottom)


def _records(columns: dict[str, Any]) -> list[dict[str, Any]]:
    values = [each.tolist() if isinstance(each, np.ndarray) else each for each in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
