"""What outputs that do not fit their layout probably are, for the message."""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.layouts.table import LAYOUTS

_TABLE = 3  # axes of an output with a row per candidate
_BOX, _END_TO_END = 4, 6  # columns
_ANGLE, _KEYPOINTS = 1, 17 * 3  # further columns: of oriented boxes; of COCO's 17 joints
_HEADS = {"yolox": 5, "yolov5": 5, "yolov8": 4}  # columns before the classes


def describe_misfit(outputs: Many[np.ndarray], size: tuple[int, int], classes: int) -> str:
    """Return what outputs fit instead; an empty string if nothing is known.

    Args:
        size: Height and width of the input.
        classes: Number of classes.
    """
    shapes = [each.shape for each in outputs]
    fitting = [f"layout {name}" for name in LAYOUTS if _fits(name, outputs, size, classes)]
    guesses = fitting + _other_tasks(shapes, classes)
    columns = {min(shape[1:]) for shape in shapes if len(shape) == _TABLE}
    for name, head in _HEADS.items() if not fitting else ():
        counts = sorted(each - head for each in columns if each > head)
        fits = [count for count in counts if _fits(name, outputs, size, count)]
        guesses += [f"layout {name} with {count} classes" for count in fits]
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
