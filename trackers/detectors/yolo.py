"""Decode the output of YOLO networks to candidates.

| layout | output |
|---|---|
| `yolox` | (1, N, 5 + C): centre in cells, log of the size in cells, objectness, classes |
| `yolov5` | (1, N, 5 + C + P): centre and size in pixels, objectness, classes, mask weights |
| `yolov8` | (1, 4 + C + P, N): centre and size in pixels, classes, mask weights; v9 and 11 too |

The score is objectness times class score, or the class score alone. Networks with masks have the
mask prototypes as a second output, (1, P, h, w). Source: Ge et al., YOLOX, arXiv 2107.08430; the
other two layouts are those that the exporters of these projects write.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.candidates import Candidates

_STRIDES = (8, 16, 32)
_BOX, _OBJECT = 4, 1  # columns of the box and of the objectness


def yolox(outputs: Many[np.ndarray], size: tuple[int, int], classes: int) -> Candidates:
    """Return the candidates of YOLOX; `size` is the height and width of the input."""
    (found,) = outputs
    cells, stride = _cells(size)
    _check(found.shape, (1, len(cells), _BOX + _OBJECT + classes))
    centre = (found[0, :, :2] + cells) * stride
    extent = np.exp(found[0, :, 2:_BOX]) * stride
    return Candidates(_corners(centre, extent), found[0, :, 5:] * found[0, :, _BOX, None])


def yolov5(outputs: Many[np.ndarray], _: tuple[int, int], classes: int) -> Candidates:
    """Return the candidates of YOLOv5."""
    found, prototype = outputs[0], _prototype(outputs)
    prototypes = 0 if prototype is None else len(prototype)
    _check(found.shape, (1, found.shape[1], _BOX + _OBJECT + classes + prototypes))
    rows = found[0]
    score = rows[:, 5 : 5 + classes] * rows[:, _BOX, None]
    weight = None if prototype is None else rows[:, 5 + classes :]
    return Candidates(_corners(rows[:, :2], rows[:, 2:_BOX]), score, weight, prototype)


def yolov8(outputs: Many[np.ndarray], _: tuple[int, int], classes: int) -> Candidates:
    """Return the candidates of YOLOv8 and networks of the same layout."""
    found, prototype = outputs[0], _prototype(outputs)
    prototypes = 0 if prototype is None else len(prototype)
    _check(found.shape, (1, _BOX + classes + prototypes, found.shape[-1]))
    rows = found[0].T
    weight = None if prototype is None else rows[:, _BOX + classes :]
    box = _corners(rows[:, :2], rows[:, 2:_BOX])
    return Candidates(box, rows[:, _BOX : _BOX + classes], weight, prototype)


def _cells(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the column and row of each cell, (N, 2), and the side of each in pixels, (N, 1)."""
    cells, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.indices((size[0] // stride, size[1] // stride)).reshape(2, -1)
        cells.append(np.stack([columns, rows], 1))
        strides.append(np.full((len(rows), 1), stride))
    return np.concatenate(cells), np.concatenate(strides)


def _corners(centre: np.ndarray, extent: np.ndarray) -> np.ndarray:
    return np.concatenate([centre - extent / 2, centre + extent / 2], 1)


def _prototype(outputs: Many[np.ndarray]) -> np.ndarray | None:
    return outputs[1][0] if len(outputs) > 1 else None


def _check(found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if found != expected:
        raise ValueError(f"network output: expected {expected}, found {found}: another layout?")
