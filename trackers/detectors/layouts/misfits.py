"""What outputs that do not fit their layout probably are, for the message."""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.layouts.table import LAYOUTS

_TABLE = 3  # axes of an output with a row per candidate
_BOX, _END_TO_END = 4, 6  # columns
_ANGLE, _KEYPOINTS = 1, 17 * 3  # further columns: of oriented boxes; of COCO's 17 joints
_HEADS = {"yolox": 5, "yolox_legacy": 5, "yolov5": 5, "yolov8": 4, "rtdetr": 4}  # columns


def describe_misfit(
    layout: str, outputs: Many[np.ndarray], size: tuple[int, int], classes: int
) -> str:
    """Return what outputs fit instead of a layout; an empty string if nothing is known.

    Args:
        layout: Name of the layout.
        size: Height and width of the input.
        classes: Number of classes.
    """
    guesses = [f"layout {name}" for name in LAYOUTS if _fits(name, outputs, size, classes)]
    shapes = [each.shape for each in outputs]
    guesses += _other_tasks(shapes, classes)
    columns = {min(shape[1:]) for shape in shapes if len(shape) == _TABLE}
    for count in sorted(each - _HEADS.get(layout, each) for each in columns):
        if count > 0 and _fits(layout, outputs, size, count):
            guesses.append(f"layout {layout} with {count} classes")
    return f": they fit {' or '.join(guesses)}" if guesses else ""


def _fits(layout: str, outputs: Many[np.ndarray], size: tuple[int, int], classes: int) -> bool:
    known = LAYOUTS[layout]
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            known.decode(outputs, size, classes, known.units[0])
    except ValueError:
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
    tables = [shape for shape in shapes if len(shape) == _TABLE]
    sides, last = {side for shape in tables for side in shape[1:]}, {each[2] for each in tables}
    found = []
    pose = {_BOX + 1 + _KEYPOINTS, _BOX + classes + _KEYPOINTS}
    if sides & pose or _END_TO_END + _KEYPOINTS in last:
        found.append("keypoints of 17 joints (pose)")
    if _BOX + classes + _ANGLE in sides or _END_TO_END + _ANGLE in last:
        found.append("oriented boxes (OBB)")
    return found
