"""Difference and union of masks, frame by frame, without dense masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.masks import coco_rle
from datasets.masks.intervals import Intervals
from datasets.masks.mask_set import Masks


def subtract(masks: Masks, frame: np.ndarray, holes: Masks, hole_frame: np.ndarray) -> Masks:
    """Return each mask without the pixels of the holes of its frame.

    Args:
        frame: (N,) frame of each mask, ascending.
        hole_frame: (M,) frame of each hole, ascending.
    """
    whole, gaps = _Line.of(masks, frame), _Line.of(holes, hole_frame).joined()
    begin = np.searchsorted(gaps.stop, whole.start, "right")
    count = np.maximum(np.searchsorted(gaps.start, whole.stop) - begin, 0)
    mask = masks.intervals.mask
    cut = np.unique(mask[count > 0])
    owner = np.repeat(np.arange(len(count)), count + 1)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count + 1) - count - 1, count + 1)
    before = begin[owner] + place  # the hole that ends this piece; the previous one starts it
    start = np.where(place == 0, whole.start[owner], np.append(0, gaps.stop)[before])
    stop = np.where(place == count[owner], whole.stop[owner], np.append(gaps.start, 0)[before])
    left = np.flatnonzero((stop > start) & np.isin(mask[owner], cut))
    mask = mask[owner[left]]
    offset = frame[mask] * _stride(masks)
    first = np.append(np.searchsorted(mask, cut), len(mask))
    pieces = Intervals(first, start[left] - offset, stop[left] - offset)
    runs = np.array(masks.runs, object)
    runs[cut] = coco_rle.from_intervals(pieces, masks.height, masks.width).runs
    return Masks(tuple(runs), masks.height, masks.width)


def unite(masks: Masks, frame: np.ndarray) -> tuple[np.ndarray, Masks]:
    """Return the frames that have masks, ascending, and the union of the masks of each.

    Args:
        frame: (N,) frame of each mask, ascending.
    """
    frames = np.unique(frame)
    joined, stride = _Line.of(masks, frame).joined(), _stride(masks)
    at = joined.start // stride
    first = np.append(np.searchsorted(at, frames), len(at))
    parts = Intervals(first, joined.start - at * stride, joined.stop - at * stride)
    return frames, coco_rle.from_intervals(parts, masks.height, masks.width)


def _stride(masks: Masks) -> int:
    """Return the distance of frames on the line: the last pixel of one never touches the next."""
    return masks.height * masks.width + 1


@dataclass(frozen=True)
class _Line:
    """Intervals of pixels of many frames, laid out one frame after the other."""

    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def of(cls, masks: Masks, frame: np.ndarray) -> _Line:
        """Return the intervals in order of the masks."""
        intervals = masks.intervals
        offset = frame[intervals.mask] * _stride(masks)
        return cls(offset + intervals.start, offset + intervals.stop)

    def joined(self) -> _Line:
        """Return the intervals of the union, ascending, none touching the next."""
        order = np.argsort(self.start, kind="stable")
        start = self.start[order]
        reach = np.maximum.accumulate(self.stop[order])
        fresh = np.flatnonzero(np.append(True, start[1:] > reach[:-1])[: len(start)])
        last = np.append(fresh[1:], len(start))[: len(fresh)] - 1
        return _Line(start[fresh], reach[last])
