"""What the output of a network for a plain image says: the unit of its boxes, and other layouts.

YOLOX is exported with the decoding of its boxes in the graph or outside, and some exporters give
boxes in fractions of the input. The shapes of the outputs are the same; their values are not.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.layouts.boxes import Unit
from trackers.detectors.layouts.table import LAYOUTS, Layout

_LARGEST_FRACTION = 2.0  # boxes reach beyond the input, but not twice its size
_COVERED = (0.4, 1.6)  # share of the input over which the centres of candidates spread
_KEYPOINTS = 17 * 3  # columns of a pose network trained on COCO
_BOX, _SCORE = 4, 1  # columns


def measured_unit(
    layout: Layout, outputs: Many[np.ndarray], size: tuple[int, int], classes: int
) -> Unit | None:
    """Return the unit of the boxes of an output; None if it has no boxes to measure.

    Args:
        outputs: Outputs for a plain image.
        size: Height and width of the input.
        classes: Number of classes.

    Raises:
        ValueError: The outputs are of another layout or not finite, or no unit is possible.
    """
    if len(layout.units) == 1:
        layout.decode(outputs, size, classes, layout.units[0])
        return layout.units[0]
    box = layout.decode(outputs, size, classes, "pixels").box
    if not np.isfinite(box).all():
        raise ValueError("the output of the network is not finite")
    if "cells" not in layout.units:
        if not box.any():
            return None
        return "fractions" if abs(box).max() <= _LARGEST_FRACTION else "pixels"
    with np.errstate(over="ignore", invalid="ignore"):
        found = [each for each in layout.units if _covers(layout, outputs, size, classes, each)]
    if len(found) != 1:
        raise ValueError(
            f"boxes: expected one of the units {[*layout.units]}, found centres that fit "
            f"{found or 'none'}: set the key boxes of the network card"
        )
    return found[0]


def _covers(
    layout: Layout, outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit
) -> bool:
    """Return whether the centres of all candidates, read in a unit, spread over the input."""
    box = layout.decode(outputs, size, classes, unit).box
    centre = (box[:, :2] + box[:, 2:]) / 2
    low, high = np.percentile(centre, [5, 95], axis=0)
    share = (high - low) / size[::-1]
    return bool(((share >= _COVERED[0]) & (share <= _COVERED[1])).all())


def describe_other(outputs: Many[np.ndarray], size: tuple[int, int], classes: int) -> str:
    """Return what outputs that do not fit their layout probably are, for the message."""
    guesses = [f"layout {name}" for name in LAYOUTS if _fits(name, outputs, size, classes)]
    guesses += _other_tasks([each.shape for each in outputs], classes)
    return f": they fit {' or '.join(guesses)}" if guesses else ""


def _fits(name: str, outputs: Many[np.ndarray], size: tuple[int, int], classes: int) -> bool:
    layout = LAYOUTS[name]
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            layout.decode(outputs, size, classes, layout.units[0])
    except (ValueError, IndexError):
        return False
    return True


def _other_tasks(shapes: list[tuple[int, ...]], classes: int) -> list[str]:
    """Return the tasks and unfinished exports that the shapes of outputs fit."""
    axes = {len(shape) for shape in shapes}
    if axes == {2} and len(shapes) == 1:
        return ["a classification network"]
    if axes == {4}:
        single = len(shapes) == 1
        return ["semantic segmentation" if single else "raw heads: export with decoding"]
    if axes == {5}:
        return ["raw heads of YOLOv5 or v7: export with decoding (--grid)"]
    tables = {side for shape in shapes if len(shape) == len("NAC") for side in shape[1:]}
    found = []
    if tables & {_BOX + _SCORE + _KEYPOINTS, _BOX + classes + _KEYPOINTS, 6 + _KEYPOINTS}:
        found.append("keypoints of 17 joints (pose)")
    if tables & {_BOX + classes + 1, 6 + 1}:
        found.append("oriented boxes (OBB)")
    return found
