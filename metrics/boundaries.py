"""How well the outlines of two masks agree: the boundary measure F of DAVIS.

Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object
segmentation, CVPR 2016; rules as in davis2017-evaluation, davis2017/metrics.py, and TrackEval
1.3.0, j_and_f.py. A pixel lies on a boundary if it differs from its neighbour to the right, below,
or both; a neighbour beyond the image does not count. A boundary pixel is found if the other mask
has one within reach.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from datasets.masks.mask_set import Masks

_REACH = 0.008  # of the image's diagonal
_HELD = 20  # outlines of a frame that are kept; DAVIS allows as many proposals


@dataclass(frozen=True)
class Outline:
    """The boundary of one mask, columns first, as 0 and 1 in the part of the image it lies in.

    Args:
        left: Column of the image that `edge` begins with.
        top: Row of the image that `edge` begins with.
        edge: (columns, rows) uint8, the boundary.
        near: (columns + 2 margin, rows + 2 margin) uint8, what is within reach of the boundary.
        margin: By how much `near` begins before `edge`, in pixels.
        length: Pixels of the boundary.
    """

    left: int
    top: int
    edge: np.ndarray
    near: np.ndarray
    margin: int
    length: int


def reach(height: int, width: int) -> int:
    """Return how far apart boundary pixels may be in an image of this size."""
    return math.ceil(_REACH * float(np.linalg.norm((height, width))))


def boundary_table(truth: Masks, prediction: Masks, rows: np.ndarray) -> np.ndarray:
    """Return F of pairs of masks, shape (P, T).

    Args:
        rows: (2, P, T) numbers of the truth and of the prediction, -1 for an empty mask. Pairs that
            follow one another with the same truth are fast.
    """
    pixels = truth.height * truth.width
    outlined = [
        ~np.isin(np.append(masks.areas, 0)[row], (0, pixels))
        for masks, row in zip((truth, prediction), rows, strict=True)
    ]
    table = (~outlined[0] & ~outlined[1]).astype(np.float64)
    first = lru_cache(1)(lambda row: outline(truth, row))
    second = lru_cache(_HELD)(lambda row: outline(prediction, row))
    for frame, pair in np.argwhere((outlined[0] & outlined[1]).T).tolist():
        one, other = rows[:, pair, frame].tolist()
        table[pair, frame] = boundary_measure(first(one), second(other))
    return table


def outline(masks: Masks, row: int) -> Outline:
    """Return the outline of one mask, which is neither empty nor all of the image."""
    left, top, right, bottom = (int(edge) for edge in masks.boxes[row])
    left, top = max(left - 1, 0), max(top - 1, 0)
    right, bottom = min(right + 1, masks.width), min(bottom + 1, masks.height)
    edge = _edge(_columns(masks, row, left, right)[:, top:bottom])
    margin = reach(masks.height, masks.width)
    return Outline(left, top, edge, _widen(edge, margin), margin, int(np.count_nonzero(edge)))


def boundary_measure(truth: Outline, prediction: Outline) -> float:
    """Return F of two outlines that are not empty."""
    precision = _found(prediction, truth) / prediction.length
    recall = _found(truth, prediction) / truth.length
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def _columns(masks: Masks, row: int, left: int, right: int) -> np.ndarray:
    """Return some columns of a mask, all it has, (right - left, height) uint8."""
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
    edge[:-1, :-1] |= across[:, 1:]  # differs from the one right and below or from the one below
    return edge


def _widen(edge: np.ndarray, radius: int) -> np.ndarray:
    """Return what is within `radius` of an edge: a disk round every pixel, `radius` more all round.

    A disk is a pile of lines, longer towards its middle, so a line that grows is moved to where it
    belongs on both sides.
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


def _found(one: Outline, other: Outline) -> int:
    """Return how many boundary pixels of one are within reach of the other's."""
    left, top = other.left - other.margin - one.left, other.top - other.margin - one.top
    wide, tall = other.near.shape
    edge = one.edge[max(left, 0) : max(left + wide, 0), max(top, 0) : max(top + tall, 0)]
    begin, above = max(-left, 0), max(-top, 0)
    near = other.near[begin : begin + edge.shape[0], above : above + edge.shape[1]]
    return int(np.count_nonzero(near & edge))
