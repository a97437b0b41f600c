"""Read outputs that hold final detections, one class each, as candidates.

| layout | output |
|---|---|
| `end_to_end` | (1, N, 6 + P): corners, score, class, mask weights; YOLOv10, YOLO26, `nms=True` |
| `yolov7_nms` | (N, 7): image, corners, class, score; YOLOv7 with `--end2end` |
| `boxes_labels_scores` | in any order (1, N, 4) corners, (1, N) integer classes, (1, N) scores |
| `mmdet` | (1, N, 5): corners, score; (1, N) integer classes |
| `paddle` | (N, 6): class, score, corners; (images,) number of rows per image |

Networks of `end_to_end` with masks have the prototypes as another output, (1, P, h, w). The layouts
are those that the exporters write: Ultralytics, YOLOv7, RT-DETR and D-FINE (also torchvision, with
axes of images or without), MMDeploy, PaddleDetection.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.candidates import Candidates
from trackers.detectors.layouts.boxes import MisfitError, Unit, find_prototypes, one_hot, scale

_END_TO_END, _YOLOV7, _PADDLE = 6, 7, 6  # columns
_BOX, _BOX_AND_SCORE = 4, 5
_TABLE = 3  # axes of outputs with a row per detection


def end_to_end(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the detections of a network that selects them itself."""
    maps = find_prototypes(outputs)
    tables = [each[0] for each in outputs if each.ndim == _TABLE and each.shape[0] == 1]
    found = [
        rows
        for rows in tables
        if rows.shape[1] == _END_TO_END or rows.shape[1] - _END_TO_END in maps
    ]
    if len(found) != 1:
        expected = f"(1, N, {_END_TO_END}), or P more with mask prototypes (1, P, h, w)"
        raise MisfitError(expected, outputs)
    rows = found[0]
    prototype = maps.get(rows.shape[1] - _END_TO_END)
    weight = None if prototype is None else rows[:, _END_TO_END:]
    score = one_hot(rows[:, 5], rows[:, 4], classes)
    return Candidates(rows[:, :_BOX] * scale(unit, size), score, weight, prototype)


def yolov7_nms(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the detections of YOLOv7 in the first image."""
    if [each.shape[1:] for each in outputs] != [(_YOLOV7,)]:
        raise MisfitError(f"(N, {_YOLOV7})", outputs)
    rows = outputs[0][outputs[0][:, 0] == 0]
    return Candidates(rows[:, 1:5] * scale(unit, size), one_hot(rows[:, 5], rows[:, 6], classes))


def boxes_labels_scores(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the detections of a network with boxes, labels and scores as three outputs."""
    with_images = any(each.ndim == _TABLE for each in outputs)
    arrays = [each[0] for each in outputs if len(each)] if with_images else [*outputs]
    box = [each for each in arrays if each.ndim == len(("row", "column"))]
    label = [each for each in arrays if each.ndim == 1 and each.dtype.kind in "iu"]
    score = [each for each in arrays if each.ndim == 1 and each.dtype.kind == "f"]
    single = [len(each) for each in (box, label, score, outputs)] == [1, 1, 1, 3]
    if not single or box[0].shape != (len(label[0]), _BOX) or len(label[0]) != len(score[0]):
        raise MisfitError("(1, N, 4), (1, N) of integers and (1, N) of scores", outputs)
    return Candidates(box[0] * scale(unit, size), one_hot(label[0], score[0], classes))


def mmdet(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the detections of MMDetection's networks."""
    box = [each[0] for each in outputs if each.shape[::2] == (1, _BOX_AND_SCORE)]
    label = [each[0] for each in outputs if each.ndim == len(("image", "row")) and len(each)]
    if [len(box), len(label), len(outputs)] != [1, 1, 2] or len(box[0]) != len(label[0]):
        raise MisfitError(f"(1, N, {_BOX_AND_SCORE}) and (1, N) of integers", outputs)
    scores = one_hot(label[0], box[0][:, _BOX], classes)
    return Candidates(box[0][:, :_BOX] * scale(unit, size), scores)


def paddle(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the detections of PaddleDetection's networks in the first image."""
    rows = [each for each in outputs if each.shape[1:] == (_PADDLE,)]
    count = [each for each in outputs if each.ndim == 1 and each.dtype.kind in "iu"]
    if [len(rows), len(count), len(outputs)] != [1, 1, 2] or not len(count[0]):
        raise MisfitError(f"(N, {_PADDLE}) and (images,) of integers", outputs)
    first = rows[0][: count[0][0]]
    return Candidates(first[:, 2:] * scale(unit, size), one_hot(first[:, 0], first[:, 1], classes))
