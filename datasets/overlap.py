"""Overlap of boxes and of masks: the only implementation in the repository."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from datasets.io.mended import count_mended
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks

_BLOCK = 1 << 14  # intervals processed at once: sized to fit into a processor's cache
_MAX_COORDINATE = 2.0**31  # pixels, as in Tracks
_TINY = np.finfo(float).eps  # TrackEval's bound: smaller areas count as zero


@dataclass(frozen=True)
class Overlaps:
    """Pairs of overlapping rows of one frame, ordered by first, then second.

    Args:
        first: (P,) rows of one side.
        second: (P,) rows of the other side.
        shared: (P,) float64, size of the intersection: pixels, or area of boxes.
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
    return box_iou_from_intersection(
        box_intersection(first, second), box_area(first), box_area(second)
    )


def box_iou_from_intersection(shared: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return the IoU of boxes from the area they share and the area of each."""
    union = one + two - shared
    valid = (one > _TINY) & (two > _TINY) & (union > _TINY)
    return np.where(valid, shared, 0) / np.where(valid, union, 1)


def box_intersection(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the area of the intersection of boxes; shapes as for `box_iou`."""
    wide = np.minimum(first[..., 2], second[..., 2]) - np.maximum(first[..., 0], second[..., 0])
    tall = np.minimum(first[..., 3], second[..., 3]) - np.maximum(first[..., 1], second[..., 1])
    return np.maximum(wide, 0) * np.maximum(tall, 0)


def box_area(box: np.ndarray) -> np.ndarray:
    """Return the areas of boxes of shape (..., 4)."""
    return (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])


def mend_sizes(box: np.ndarray) -> np.ndarray:
    """Return boxes whose far corner is not before the near one, and count those mended.

    A box of negative width or height overlaps nothing in TrackEval 1.3.0 and pycocotools; so does
    one of width or height zero. Boxes with a corner beyond the maximum coordinate are left to be
    refused.

    Args:
        box: (N, 4), left, top, right, bottom.
    """
    near, far = box[:, :2], box[:, 2:]
    if not (far < near).any():
        return box
    usual = (abs(box) <= _MAX_COORDINATE).all(axis=1)
    negative = np.asarray((far < near).any(axis=1) & usual)
    count_mended("boxes of negative width or height, read as without area", int(negative.sum()))
    mended = np.concatenate([near, np.maximum(near, far)], axis=1)
    return np.where(negative[:, None], mended, box)


class SharedPixelError(ValueError):
    """Two masks share a pixel although they must be disjoint.

    Args:
        second: Whether both belong to the second side.
        masks: Numbers of the two masks.
    """

    def __init__(self, masks: tuple[int, int], *, second: bool) -> None:
        super().__init__(f"masks {masks[0]} and {masks[1]} share a pixel")
        self.masks = masks
        self.second = second


def shared_by_disjoint(
    first: Masks, first_frame: np.ndarray, second: Masks, second_frame: np.ndarray
) -> Overlaps:
    """Return the overlaps between the masks of two sides, frame by frame, many frames at once.

    Args:
        first: (N,) masks, disjoint within a frame.
        first_frame: (N,) frame of each mask, ascending.
        second: (M,) masks, likewise.

    Raises:
        SharedPixelError: Two masks of one side and frame share a pixel.
    """
    found = []
    for frames in pairwise(_blocks(first, first_frame, second, second_frame)):
        one, other = _line(first, first_frame, *frames), _line(second, second_frame, *frames)
        for line in (one, other):
            shared = _first_shared_pixel(line)
            if shared is not None:
                raise SharedPixelError(shared, second=line is other)
        found.append(_shared_of_lines(one, other))
    return Overlaps(
        _join([each.first for each in found]),
        _join([each.second for each in found]),
        np.concatenate([np.zeros(0), *(each.shared for each in found)]),
    )


def first_shared_pixel(masks: Masks, frame: np.ndarray) -> tuple[int, int] | None:
    """Return the numbers of two masks of one frame that share a pixel, None if there are none.

    Args:
        frame: (N,) frame of each mask, ascending.
    """
    no_masks = Masks((), masks.height, masks.width)
    try:
        shared_by_disjoint(masks, frame, no_masks, np.zeros(0, np.int64))
    except SharedPixelError as error:
        return error.masks
    return None


def shared_by_any(
    first: Masks, first_frame: np.ndarray, second: Masks, second_frame: np.ndarray
) -> Overlaps:
    """Return the same for masks which may share pixels with others of their own side."""
    rows, columns, shared = [], [], []
    for frame in np.intersect1d(first_frame, second_frame):
        begin, end = np.searchsorted(first_frame, [frame, frame + 1])
        left, right = np.searchsorted(second_frame, [frame, frame + 1])
        iou = coco_rle.iou(first.between(begin, end), second.between(left, right))
        row, column = np.nonzero(iou)
        rows.append(row + begin)
        columns.append(column + left)
        shared.append(iou[row, column])
    first_row, second_row = _join(rows), _join(columns)
    iou = np.concatenate([np.zeros(0), *shared])
    # IoU is shared / (areas - shared) in float64, and shared is a whole number
    areas = first.areas[first_row] + second.areas[second_row]
    return Overlaps(first_row, second_row, np.rint(iou * areas / (1 + iou)))


def _join(rows: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *rows])


@dataclass(frozen=True)
class _Line:
    """Intervals of the masks of some frames, laid out frame after frame, ordered by start.

    Args:
        frame: (N,) frame of each mask, counted from the first of these frames.
        number: Number of the first mask.
        mask: (R,) mask of each interval, counted from the first mask.
    """

    frame: np.ndarray
    number: int
    mask: np.ndarray
    start: np.ndarray
    stop: np.ndarray


def _line(masks: Masks, frame: np.ndarray, first: int, last: int) -> _Line:
    """Return the masks of frames `first` to `last` (exclusive) as a line."""
    begin, end = np.searchsorted(frame, [first, last]).tolist()
    here = frame[begin:end] - first
    intervals = masks.intervals_of(begin, end)
    mask = intervals.mask
    offset = here[mask] * (masks.height * masks.width)
    start = offset + intervals.start
    order = np.argsort(start, kind="stable")
    return _Line(here, begin, mask[order], start[order], (offset + intervals.stop)[order])


def _first_shared_pixel(line: _Line) -> tuple[int, int] | None:
    clash = line.stop[:-1] > line.start[1:]
    if not clash.any():
        return None
    place = int(np.argmax(clash))
    one, other = sorted(line.number + int(mask) for mask in line.mask[place : place + 2])
    return one, other


def _blocks(
    first: Masks, first_frame: np.ndarray, second: Masks, second_frame: np.ndarray
) -> list[int]:
    """Return the first frame of each block of about _BLOCK intervals, and the end."""
    count = int(max(first_frame.max(initial=-1), second_frame.max(initial=-1))) + 1
    amount = np.zeros(count)
    for masks, frame in ((first, first_frame), (second, second_frame)):
        amount += np.bincount(frame, masks.interval_counts, count)
    change = np.flatnonzero(np.diff(np.cumsum(amount) // _BLOCK, prepend=0)) + 1
    return np.unique(np.concatenate([[0], change, [count]])).tolist()


def _shared_of_lines(one: _Line, other: _Line) -> Overlaps:
    """Return the overlaps between the masks of two lines."""
    begin = np.searchsorted(other.stop, one.start, "right")
    count = np.maximum(np.searchsorted(other.start, one.stop) - begin, 0)
    i = np.repeat(np.arange(len(count)), count)
    j = np.arange(len(i)) + np.repeat(begin - np.cumsum(count) + count, count)
    pixels = np.minimum(one.stop[i], other.stop[j]) - np.maximum(one.start[i], other.start[j])
    row, column, shared = _sum_by_pair(one.mask[i], other.mask[j], pixels, (one.frame, other.frame))
    return Overlaps(row + one.number, column + other.number, shared)


def _sum_by_pair(
    first: np.ndarray, second: np.ndarray, pixels: np.ndarray, frames: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs and their sums of `pixels`, added up in a table with one block per frame."""
    edges = np.arange(max(int(frame.max(initial=-1)) for frame in frames) + 2)
    begin, end = (np.searchsorted(frame, edges) for frame in frames)
    tall, wide = np.diff(begin), np.diff(end)
    block = np.cumsum(tall * wide) - tall * wide
    frame = frames[0][first]
    cell = block[frame] + (first - begin[frame]) * wide[frame] + second - end[frame]
    total = np.bincount(cell, pixels, int((tall * wide).sum()))
    present = np.flatnonzero(total)
    frame = np.repeat(np.arange(len(tall)), tall * wide)[present]
    row, column = np.divmod(present - block[frame], np.maximum(wide[frame], 1))
    return begin[frame] + row, end[frame] + column, total[present]
