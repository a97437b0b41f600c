"""Compute the boundary measure F of DAVIS: the agreement of two mask outlines.

Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object
segmentation, CVPR 2016; rules as in davis2017-evaluation, davis2017/metrics.py, and TrackEval
1.3.0, j_and_f.py. A pixel lies on a boundary if it differs from its neighbour to the right, below,
or diagonally below right; neighbours outside the image do not count. A boundary pixel is matched if
the other mask has a boundary pixel within the tolerance `reach`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from datasets.masks.mask_set import Masks

_REACH = 0.008  # of the image diagonal
_CACHED_OUTLINES = 20  # per frame; DAVIS allows as many proposals


@dataclass(frozen=True)
class Outline:
    """Boundary of one mask as a cropped binary image, columns first.

    Args:
        left: Image column of the first column of `edge`.
        top: Image row of the first row of `edge`.
        edge: (columns, rows) uint8, 1 on the boundary.
        near: (columns + 2 margin, rows + 2 margin) uint8, 1 within reach of the boundary.
        margin: Padding of `near` around `edge`, in pixels.
        length: Number of boundary pixels.
    """

    left: int
    top: int
    edge: np.ndarray
    near: np.ndarray
    margin: int
    length: int


def reach(height: int, width: int) -> int:
    """Return the maximum distance of matching boundary pixels in an image of this size."""
    return math.ceil(_REACH * float(np.linalg.norm((height, width))))


def boundary_table(truth: Masks, prediction: Masks, rows: np.ndarray) -> np.ndarray:
    """Return F of pairs of masks, shape (P, T).

    Args:
        rows: (2, P, T) row numbers of ground truth and prediction, -1 for an empty mask.
            Consecutive pairs with the same ground truth are fast.
    """
    pixels = truth.height * truth.width
    outlined = [
        ~np.isin(np.append(masks.areas, 0)[row], (0, pixels))
        for masks, row in zip((truth, prediction), rows, strict=True)
    ]
    table = (~outlined[0] & ~outlined[1]).astype(np.float64)
    first = lru_cache(1)(lambda row: outline(truth, row))
    second = lru_cache(_CACHED_OUTLINES)(lambda row: outline(prediction, row))
    for frame, pair in np.argwhere((outlined[0] & outlined[1]).T).tolist():
        one, other = rows[:, pair, frame].tolist()
        table[pair, frame] = boundary_measure(first(one), second(other))
    return table


def outline(masks: Masks, row: int) -> Outline:
    """Return the outline of one mask that is neither empty nor covers the whole image."""
    left, top, right, bottom = (int(edge) for edge in masks.boxes[row])
    left, top = max(left - 1, 0), max(top - 1, 0)
    right, bottom = min(right + 1, masks.width), min(bottom + 1, masks.height)
    edge = _edge(_columns(masks, row, left, right)[:, top:bottom])
    margin = reach(masks.height, masks.width)
    return Outline(left, top, edge, _widen(edge, margin), margin, int(np.count_nonzero(edge)))


def boundary_measure(truth: Outline, prediction: Outline) -> float:
    """Return F of two non-empty outlines."""
    precision = _matched_pixels(prediction, truth) / prediction.length
    recall = _matched_pixels(truth, prediction) / truth.length
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def _columns(masks: Masks, row: int, left: int, right: int) -> np.ndarray:
    """Return the columns left to right, which hold the whole mask, (right - left, height) uint8."""
    found = masks.intervals_of(row, row + 1)
    bounds = np.stack([found.start, found.stop], axis=1).ravel() - left * masks.height
    size = (right - left) * masks.height
    lengths = np.diff(np.concatenate([[0], bounds, [size]]))
    values = np.arange(len(lengths), dtype=np.uint8) & 1
    return np.repeat(values, lengths).reshape(-1, masks.height)


def _edge(mask: np.ndarray) -> np.ndarray:
    across, along = mask[1:] ^ mask[:-1], mask[:, 1:] ^ mask[:, :-1]
    edge = np.zeros_like(mask)
    edge[:-1] = across
    edge[:, :-1] |= along
    edge[:-1, :-1] |= across[:, 1:]  # differs from the pixel below right or from the pixel below
    return edge


def _widen(edge: np.ndarray, radius: int) -> np.ndarray:
    """Return an edge dilated by a disk of `radius`; the result is padded by `radius` on all sides.

    A disk consists of line segments that grow towards its centre. The edge is dilated by a growing
    line, which is added at the matching distance on both sides of the centre.
    """
    wide, tall = edge.shape
    line = np.pad(edge, ((0, 0), (radius, radius)))
    near = np.pad(np.zeros_like(edge), radius)
    half = 0
    for away in range(radius, -1, -1):
        while half < math.isqrt(radius * radius - away * away):
            half += 1
            line[:, radius - half : radius - half + tall] |= edge
            line[:, radius + half : radius + half + tall] |= edge
        near[radius - away : radius - away + wide] |= line
        near[radius + away : radius + away + wide] |= line
    return near


def _matched_pixels(one: Outline, other: Outline) -> int:
    """Return the number of boundary pixels of one that are within reach of the other's."""
    left, top = other.left - other.margin - one.left, other.top - other.margin - one.top
    wide, tall = other.near.shape
    edge = one.edge[max(left, 0) : max(left + wide, 0), max(top, 0) : max(top + tall, 0)]
    begin, above = max(-left, 0), max(-top, 0)
    near = other.near[begin : begin + edge.shape[0], above : above + edge.shape[1]]
    return int(np.count_nonzero(near & edge))
