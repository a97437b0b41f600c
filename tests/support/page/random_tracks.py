"""Seeded ground truth and tracker outputs: few drifting rectangles, quick to score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from datasets.masks import coco_rle
from datasets.types import Extent, Tracks

HEIGHT, WIDTH = 36, 48
# shares of rows in the ground truth, of those detected, and of those with the right track id
_PRESENT, _DETECTED, _SAME_TRACK = 0.8, 0.85, 0.9
_FALSE = 4  # false positives in an output
_SCORES = 9  # so few that scores repeat


def make_truth(seed: int, classes: Mapping[int, str], frame_count: int, count: int = 5) -> Tracks:
    """Return ground-truth tracks with masks and gaps, each of one class."""
    rng = np.random.default_rng(seed)
    frame, track = np.nonzero(rng.random((frame_count, count)) < _PRESENT)
    side = rng.integers(6, 14, (count, 2))
    start = rng.integers(0, (HEIGHT - 20, WIDTH - 20), (count, 2))
    far = start[track] + (frame[:, None] * rng.uniform(-1, 1, (count, 2))[track]).astype(int)
    class_id = rng.choice(list(classes), count)[track]
    extent = Extent(HEIGHT, WIDTH, frame_count, classes)
    return _rectangles(extent, (frame, track, class_id), far, side[track])


def make_output(truth: Tracks, seed: int) -> Tracks:
    """Return an output with missed objects, drift, identity switches and false positives."""
    rng = np.random.default_rng(seed)
    rows = truth.take(rng.random(len(truth)) < _DETECTED)
    kept = rng.random(len(rows)) < _SAME_TRACK
    track = np.where(kept, rows.track, rows.track + 20)
    false = int(bool(len(truth))) * _FALSE
    frame = np.concatenate([rows.frame, rng.integers(0, truth.extent.frame_count, false)])
    track = np.concatenate([track, np.arange(40, 40 + false)])
    class_id = np.concatenate([rows.class_id, rng.choice(list(truth.extent.classes), false)])
    corner = rows.box[:, 1::-1].astype(int) + rng.integers(-2, 3, (len(rows), 2))
    side = (rows.box[:, 3:1:-1] - rows.box[:, 1::-1]).astype(int)
    corner = np.concatenate([corner, rng.integers(0, 20, (false, 2))])
    side = np.concatenate([side, np.full((false, 2), 8)])
    found = _rectangles(truth.extent, (frame, track, class_id), corner, side)
    return replace(found, score=rng.integers(1, _SCORES + 1, len(found)) / _SCORES)


def without_masks(tracks: Tracks) -> Tracks:
    """Return tracks with boxes only."""
    return replace(tracks, rle=None, area=None)


def _rectangles(
    extent: Extent,
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    corner: np.ndarray,
    side: np.ndarray,
) -> Tracks:
    """Return rows of (frame, track, class), with rectangles at (row, column) as masks."""
    order = np.lexsort(columns[1::-1])
    frame, track, class_id = (column[order] for column in columns)
    low = np.clip(corner[order], 0, (extent.height - 2, extent.width - 2))
    high = np.minimum(low + side[order], (extent.height, extent.width))
    dense = np.zeros((len(frame), extent.height, extent.width), np.uint8)
    for image, (top, left), (bottom, right) in zip(dense, low.tolist(), high.tolist(), strict=True):
        image[top:bottom, left:right] = 1
    masks = coco_rle.encode(dense)
    ones = np.ones(len(frame))
    return Tracks(extent, frame, track, class_id, ones, masks.boxes, masks, area=masks.areas)
