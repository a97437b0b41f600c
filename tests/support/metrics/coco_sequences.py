"""Random ground truth and results with many ties, for COCO's average precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.masks import coco_rle
from datasets.types import Extent, Tracks

SIDE = 160
EXTENT = Extent(SIDE, SIDE, 3, {1: "person", 4: "car", 9: "in no image"})
SCORES = np.arange(1, 9) / 8  # few different values, so that many are equal


def rectangles(box):
    """Return one mask per box that fills the box."""
    dense = np.zeros((len(box), SIDE, SIDE), bool)
    for mask, (left, top, right, bottom) in zip(dense, box.astype(int), strict=True):
        mask[top:bottom, left:right] = True
    return coco_rle.encode(dense)


def rows(rng, frame, box, score, masks):
    order = np.argsort(frame, kind="stable")
    frame, box, score = frame[order], box[order], score[order]
    class_id = rng.choice([1, 1, 4], len(frame))
    return Tracks(
        EXTENT,
        frame,
        np.arange(len(frame)),
        class_id,
        score,
        box,
        rectangles(box) if masks else None,
    )


def random_sequence(seed, masks):
    """Return ground truth and a result with many ties, on a coarse grid, with crowds.

    Some images are empty.
    """
    rng = np.random.default_rng(seed)
    step = 8.0 if masks else rng.choice([8.0, 2.5])
    count = int(rng.integers(0, 9)) if seed % 6 else 0
    frame = rng.integers(0, 3, count)
    near = rng.integers(0, 6, (count, 2)) * step
    box = np.concatenate([near, near + rng.integers(1, 14, (count, 2)) * step], axis=1)
    truth = rows(rng, frame, box, rng.choice([0.0, 1, 1, 1], count), masks)
    if seed % 2:
        area = rng.choice([0, 1023, 1024, 1025, 9215, 9216, 9217, 2e4], count)
        truth = replace(truth, area=area)
    found = int(rng.integers(0, 25)) if seed % 11 else 0
    source = rng.integers(0, max(count, 1), found * (count > 0))
    if seed % 10 == 3:
        source = np.tile(source, 12)  # more than a hundred in an image
    shift = rng.integers(-1, 2, (len(source), 4)) * rng.choice([0, step], (len(source), 1))
    box = np.clip(truth.box[source] + shift, 0, SIDE)
    box[:, 2:] = np.maximum(box[:, 2:], box[:, :2])  # some boxes are empty
    return truth, rows(rng, truth.frame[source], box, rng.choice(SCORES, len(source)), masks)
