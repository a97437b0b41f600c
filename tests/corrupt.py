"""Ground truth masks made into results that err: drops, false alarms, swaps, eroded and moved."""

from __future__ import annotations

import cv2
import numpy as np

from datasets import mots_text, rle
from datasets.runs import Masks
from datasets.types import Tracks


def corrupt(truth: Tracks, seed: int) -> Tracks:
    """Return a result for `truth` (ignored regions left out) whose masks do not overlap."""
    rng = np.random.default_rng(seed)
    rows = truth.take(truth.class_id != mots_text.IGNORE)
    rows = rows.take(rng.random(len(rows)) > 0.1)
    height, width = rows.extent.height, rows.extent.width
    kept, runs, tracks = [], [], []
    for frame in np.unique(rows.frame):
        here = np.flatnonzero(rows.frame == frame)
        taken = np.zeros((height, width), bool)
        names = rows.track[here].copy()
        if rng.random() < 0.05 and len(here) > 1:
            names[:2] = names[1::-1]
        for row, name in zip(here, names, strict=True):
            mask = _change(rng, rle.decode(rows.rle.take([row]))[0]) & ~taken
            taken |= mask
            kept.append(row)
            tracks.append(name)
            runs += rle.encode(mask[None]).runs
    columns = rows.take(np.array(kept, int))
    masks = Masks.read(runs, height, width)
    return Tracks(
        rows.extent,
        columns.frame,
        np.array(tracks),
        columns.class_id,
        columns.score,
        masks.boxes,
        masks,
    )


def _change(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """Return the mask moved by a few pixels, eroded, grown, or as it is."""
    kind = rng.integers(5)
    if kind == 0:
        return np.roll(mask, rng.integers(-9, 10, 2), (0, 1))
    if kind in (1, 2):
        change = cv2.erode if kind == 1 else cv2.dilate
        size = int(rng.integers(2, 9))
        return change(mask.astype(np.uint8), np.ones((size, size), np.uint8)).astype(bool)
    return mask
