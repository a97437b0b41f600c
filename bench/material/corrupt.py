"""Turn ground-truth masks into results with errors: misses, switches, eroded or moved masks."""

from __future__ import annotations

import cv2
import numpy as np

from datasets.formats import mots_text
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import Tracks

_DROPPED, _SWAPPED = 0.1, 0.05  # share of rows, share of frames
_FARTHEST, _SMALLEST, _LARGEST = (
    9,
    2,
    9,
)  # pixels: move, kernels of erosion and dilation


def corrupt(truth: Tracks, seed: int) -> Tracks:
    """Return a result for `truth`, without ignore regions, whose masks do not overlap."""
    rng = np.random.default_rng(seed)
    rows = truth.take(truth.class_id != mots_text.IGNORE)
    rows = rows.take(rng.random(len(rows)) > _DROPPED)
    runs: list[bytes] = []
    track = rows.track.copy()
    for frame in np.unique(rows.frame):
        here = slice(*np.searchsorted(rows.frame, [frame, frame + 1]))
        if rng.random() < _SWAPPED and here.stop - here.start > 1:
            track[here.start : here.start + 2] = track[here.start : here.start + 2][::-1]
        assert rows.rle is not None
        taken = np.zeros((rows.extent.height, rows.extent.width), bool)
        for mask in coco_rle.decode(rows.rle.take(np.arange(here.start, here.stop))):
            changed = _change(rng, mask) & ~taken
            taken |= changed
            runs += coco_rle.encode(changed[None]).runs
    masks = Masks.read(runs, rows.extent.height, rows.extent.width)
    return Tracks(rows.extent, rows.frame, track, rows.class_id, rows.score, masks.boxes, masks)


def _change(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """Return the mask moved by a few pixels, eroded, dilated or unchanged."""
    kind = rng.integers(5)
    if kind == 0:
        return np.roll(mask, rng.integers(-_FARTHEST, _FARTHEST + 1, 2), (0, 1))
    if kind in (1, 2):
        change = cv2.erode if kind == 1 else cv2.dilate
        size = int(rng.integers(_SMALLEST, _LARGEST))
        found: np.ndarray = change(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
        return found
    return mask
