"""Read the outputs of YOLO networks, which have one row per candidate, as candidates.

| layout | output |
|---|---|
| `yolox` | (1, N, 5 + C): centre, size, objectness, classes; in cells and logarithms, or decoded |
| `yolov5` | (1, N, 5 + C + P): centre, size, objectness, classes, mask weights; v6 and v7 too |
| `yolov8` | (1, 4 + C + P, N) or transposed: centre, size, classes, mask weights; v9 to v12 too |
| `rtdetr` | (1, N, 4 + C): the same, in fractions of the input; RT-DETR of Ultralytics |
| `yolo_nas` | (1, N, 4) and (1, N, C): corners, and classes |

The score is objectness times class score, or the class score alone. Networks with masks have the
mask prototypes as another output, (1, P, h, w). All other outputs, such as the raw heads that some
exporters keep beside the decoded output, are ignored. Source: Ge et al., YOLOX, arXiv 2107.08430;
the other layouts are those that the exporters of these projects write.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.candidates import Candidates
from trackers.detectors.layouts.boxes import MisfitError, Unit, corners, find_prototypes, scale

_STRIDES = (8, 16, 32)
_BOX, _OBJECT = 4, 1  # columns of the box and of the objectness
_TABLE = 3  # axes of outputs with a row per candidate


def yolox(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "cells"
) -> Candidates:
    """Return the candidates of YOLOX.

    Args:
        size: Height and width of the input.
        unit: `cells` if centres are in cells and sizes are logarithms, `pixels` if decoded.
    """
    cells, stride = _cells(size)
    shape = (1, len(cells), _BOX + _OBJECT + classes)
    tables = [each for each in outputs if each.shape == shape]
    if len(tables) != 1:
        raise MisfitError(str(shape), outputs)
    rows = tables[0][0]
    centre, extent = rows[:, :2], rows[:, 2:_BOX]
    if unit == "cells":
        centre, extent = (centre + cells) * stride, np.exp(extent) * stride
    return Candidates(corners(centre, extent), rows[:, 5:] * rows[:, _BOX, None])


def yolov5(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the candidates of YOLOv5."""
    rows, prototype = _find_rows(outputs, _BOX + _OBJECT + classes, transposed=False)
    score = rows[:, 5 : 5 + classes] * rows[:, _BOX, None]
    weight = None if prototype is None else rows[:, 5 + classes :]
    return Candidates(_scaled_corners(rows, unit, size), score, weight, prototype)


def yolov8(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the candidates of YOLOv8 and networks of the same layout."""
    rows, prototype = _find_rows(outputs, _BOX + classes, transposed=True)
    weight = None if prototype is None else rows[:, _BOX + classes :]
    box = _scaled_corners(rows, unit, size)
    return Candidates(box, rows[:, _BOX : _BOX + classes], weight, prototype)


def rtdetr(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "fractions"
) -> Candidates:
    """Return the candidates of RT-DETR as exported by Ultralytics."""
    rows, _ = _find_rows(outputs, _BOX + classes, transposed=False)
    return Candidates(_scaled_corners(rows, unit, size), rows[:, _BOX : _BOX + classes])


def yolo_nas(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "pixels"
) -> Candidates:
    """Return the candidates of YOLO-NAS: two outputs, boxes first if there are four classes."""
    tables = [each for each in outputs if each.ndim == _TABLE]
    if len(tables) == len(("boxes", "scores")):
        box, score = tables if tables[0].shape[2] == _BOX else tables[::-1]
        if box.shape == (1, box.shape[1], _BOX) and score.shape == (1, box.shape[1], classes):
            return Candidates(box[0] * scale(unit, size), score[0])
    raise MisfitError(f"(1, N, {_BOX}) and (1, N, {classes})", outputs)


def _find_rows(
    outputs: Many[np.ndarray], columns: int, *, transposed: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the rows (N, columns + P) of the candidates, and their mask prototypes (P, h, w).

    Args:
        columns: Number of columns without mask weights.
        transposed: Whether the columns may also be the second axis of the output.

    Raises:
        ValueError: There is no such output, or more than one reading.
    """
    maps = find_prototypes(outputs)
    tables = [each[0] for each in outputs if each.ndim == _TABLE and each.shape[0] == 1]
    tables += [each.T for each in tables] if transposed else []
    found = [
        (rows, maps.get(rows.shape[1] - columns))
        for rows in tables
        if rows.shape[1] == columns or rows.shape[1] - columns in maps
    ]
    if len(found) != 1:
        shapes = f"(1, N, {columns})" + (f" or (1, {columns}, N)" if transposed else "")
        raise MisfitError(f"{shapes}, or P more with mask prototypes (1, P, h, w)", outputs)
    return found[0]


def _scaled_corners(rows: np.ndarray, unit: Unit, size: tuple[int, int]) -> np.ndarray:
    box = rows[:, :_BOX]
    if unit != "pixels":
        box = box * scale(unit, size)
    return corners(box[:, :2], box[:, 2:])


def _cells(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the column and row of each cell, (N, 2), and the side of each in pixels, (N, 1)."""
    cells, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.indices((size[0] // stride, size[1] // stride)).reshape(2, -1)
        cells.append(np.stack([columns, rows], 1))
        strides.append(np.full((len(rows), 1), stride))
    return np.concatenate(cells), np.concatenate(strides)
