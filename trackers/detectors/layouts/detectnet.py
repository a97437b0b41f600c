"""Decode the output of DetectNet_v2 networks such as NVIDIA's PeopleNet to candidates.

The output is a coverage grid (1, C, h, w), the confidence that a cell is on an object of each
class, and a box grid (1, 4 C, h, w), the distances from the cell's centre outwards to left, top,
right and bottom, in units of 35 pixels. Source: the documentation of Gst-nvinfer and of the TAO
toolkit.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.candidates import Candidates
from trackers.detectors.layouts.boxes import MisfitError, Unit

_UNIT, _OFFSET = 35.0, 0.5
_AXES = 4


def detectnet(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, _: Unit = "pixels"
) -> Candidates:
    """Return the candidates of DetectNet_v2, one per cell and class.

    Args:
        outputs: The two grids in either order.
        size: Height and width of the input.
        classes: Number of classes.

    Raises:
        ValueError: The shapes of the outputs do not fit the number of classes.
    """
    grids = {each.shape[1]: each.astype(np.float32) for each in outputs if each.ndim == _AXES}
    if len(outputs) != len(grids) or grids.keys() != {classes, 4 * classes}:
        raise MisfitError(f"(1, {classes}, h, w) and (1, {4 * classes}, h, w)", outputs)
    coverage, box = grids[classes], grids[4 * classes]
    rows, columns = coverage.shape[2:]
    if box.shape[2:] != (rows, columns):
        raise MisfitError("two grids of one size", outputs)
    across = (np.arange(columns) * (size[1] // columns) + _OFFSET)[None, None]
    down = (np.arange(rows) * (size[0] // rows) + _OFFSET)[None, :, None]
    sides = _UNIT * box[0].reshape(classes, 4, rows, columns)
    corners = [across - sides[:, 0], down - sides[:, 1], across + sides[:, 2], down + sides[:, 3]]
    score = np.zeros((classes, rows * columns, classes))
    number = np.arange(classes)
    score[number, :, number] = coverage[0].reshape(classes, -1)
    return Candidates(np.stack(corners, -1).reshape(-1, 4), score.reshape(-1, classes))
