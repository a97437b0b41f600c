"""Overlap of boxes and of masks: the only implementation in the repository."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets import rle
from datasets.runs import Masks

_TINY = np.finfo(float).eps  # TrackEval's bound: a smaller area counts as none


@dataclass(frozen=True)
class Overlaps:
    """Pairs of rows of one frame that share something, ordered by first, then second.

    Args:
        first: (P,) rows of one side.
        second: (P,) rows of the other.
        shared: (P,) float64, what the two share: pixels, or area of boxes.
    """

    first: np.ndarray
    second: np.ndarray
    shared: np.ndarray


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union of boxes, 0 where either box has no area.

    Args:
        first: (..., 4), left, top, right, bottom.
        second: (..., 4), broadcast against `first`: (N, 1, 4) with (M, 4) gives (N, M).
    """
    return box_iou_of_shared(box_shared(first, second), box_area(first), box_area(second))


def box_iou_of_shared(shared: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return the IoU of boxes from the area they share and the area of each."""
    union = one + two - shared
    real = (one > _TINY) & (two > _TINY) & (union > _TINY)
    return np.where(real, shared, 0) / np.where(real, union, 1)


def box_shared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the area that boxes share; shapes as for `box_iou`."""
    corner, far = np.maximum(first, second), np.minimum(first, second)
    wide = np.maximum(far[..., 2] - corner[..., 0], 0)
    return wide * np.maximum(far[..., 3] - corner[..., 1], 0)


def box_area(box: np.ndarray) -> np.ndarray:
    """Return width times height of boxes of shape (..., 4)."""
    return (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])


@dataclass(frozen=True)
class Line:
    """Intervals of masks, frames laid side by side on one line, in order of start.

    Args:
        frame: (N,) of each mask, rising.
        mask: (R,) number of the mask, 0 .. N - 1.
        start: (R,) first pixel, over all frames.
        stop: (R,) pixel after the last.
    """

    frame: np.ndarray
    mask: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def of(cls, masks: Masks, frame: np.ndarray) -> Line:
        """Return the line of masks, and the frame of each, (N,) rising."""
        intervals = masks.intervals
        offset = frame[intervals.mask] * (masks.height * masks.width)
        start = offset + intervals.start
        order = np.argsort(start, kind="stable")
        return cls(frame, intervals.mask[order], start[order], (offset + intervals.stop)[order])


def first_shared_pixel(line: Line) -> tuple[int, int] | None:
    """Return two masks of one frame that share a pixel, None if no two do."""
    clash = line.stop[:-1] > line.start[1:]
    if not clash.any():
        return None
    place = int(np.argmax(clash))
    one, other = sorted(int(row) for row in line.mask[place : place + 2])
    return one, other


def shared_by_disjoint(one: Line, other: Line) -> Overlaps:
    """Return what masks of two sides share, frame by frame, all frames at once.

    On each side no two masks of one frame share a pixel.
    """
    begin = np.searchsorted(other.stop, one.start, "right")
    count = np.maximum(np.searchsorted(other.start, one.stop) - begin, 0)
    i = np.repeat(np.arange(len(count)), count)
    j = np.arange(len(i)) + np.repeat(begin - np.cumsum(count) + count, count)
    pixels = np.minimum(one.stop[i], other.stop[j]) - np.maximum(one.start[i], other.start[j])
    return _add_up(one.mask[i], other.mask[j], pixels, one.frame, other.frame)


def shared_by_any(
    first: Masks, first_frame: np.ndarray, second: Masks, second_frame: np.ndarray
) -> Overlaps:
    """Return the same of masks that may share pixels with others of their own side."""
    rows, columns, shared = [], [], []
    for frame in np.intersect1d(first_frame, second_frame):
        i = np.arange(*np.searchsorted(first_frame, [frame, frame + 1]))
        j = np.arange(*np.searchsorted(second_frame, [frame, frame + 1]))
        iou = rle.iou(first.take(i), second.take(j))
        row, column = np.nonzero(iou)
        rows.append(i[row])
        columns.append(j[column])
        shared.append(iou[row, column])
    first_row, second_row = _join(rows), _join(columns)
    iou = np.concatenate([np.zeros(0), *shared])
    # IoU is shared / (areas - shared) in doubles, and shared is a whole number
    areas = first.areas[first_row] + second.areas[second_row]
    return Overlaps(first_row, second_row, np.rint(iou * areas / (1 + iou)))


def _join(rows: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *rows])


def _add_up(
    first: np.ndarray,
    second: np.ndarray,
    pixels: np.ndarray,
    first_frame: np.ndarray,
    second_frame: np.ndarray,
) -> Overlaps:
    """Return the sum of `pixels` of each pair of masks, in a table that has a block a frame."""
    last = max(first_frame.max(initial=-1), second_frame.max(initial=-1))
    edges = np.arange(last + 2)
    begin, end = np.searchsorted(first_frame, edges), np.searchsorted(second_frame, edges)
    tall, wide = np.diff(begin), np.diff(end)
    block = np.cumsum(tall * wide) - tall * wide
    frame = first_frame[first]
    cell = block[frame] + (first - begin[frame]) * wide[frame] + second - end[frame]
    total = np.bincount(cell, pixels, int((tall * wide).sum()))
    there = np.flatnonzero(total)
    frame = np.repeat(np.arange(len(tall)), tall * wide)[there]
    row, column = np.divmod(there - block[frame], np.maximum(wide[frame], 1))
    return Overlaps(begin[frame] + row, end[frame] + column, total[there])
