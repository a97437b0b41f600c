"""Totals of average precision for protocols that keep all rows, and real masks to score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.layout import load_layout
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from metrics.pairing import overlapping, pair


def corrupted(truth, seed):
    """Return a result: one row in ten is dropped, most are moved by a few pixels."""
    rng = np.random.default_rng(seed)
    rows = truth.take(rng.random(len(truth)) > 0.1)
    runs = []
    for row in range(len(rows)):
        (mask,) = coco_rle.decode(rows.rle.take([row]))
        runs += coco_rle.encode(np.roll(mask, rng.integers(-4, 5, 2), (0, 1))[None]).runs
    masks = Masks.read(runs, rows.extent.height, rows.extent.width)
    return replace(rows, box=masks.boxes, rle=masks)


def kitti_mots(shared, name):
    """Return the ground truth of a sequence without ignore regions."""
    folder = shared / "kitti_mots" / "instances_txt"
    truth, _ = load_layout("kitti_mots").read_pair(folder, folder, name)
    return truth.take(~np.isin(truth.class_id, truth.extent.ignored))


def total(family, sequences, similarity):
    """Return the combined Partial of all sequences and classes."""
    partials = []
    for truth, prediction in sequences:
        pairs = overlapping(truth, prediction, similarity)
        for number, class_id in enumerate(truth.extent.classes):
            kept = truth.class_id == class_id, prediction.class_id == class_id
            one = pair(truth, prediction, pairs, kept, similarity)
            partials.append(family.evaluate(replace(one, class_number=number)))
    return family.combine(partials)


def assert_same(family, partial, theirs, curve, tolerance=1e-12):
    """Compare every column and AP at each threshold; NaN equals NaN only."""
    ours = family.summarize(partial)
    assert list(ours) == [column.name for column in family.COLUMNS]
    expected = dict(zip(ours, theirs.values(), strict=True))
    assert ours == pytest.approx(expected, abs=tolerance, rel=0, nan_ok=True)
    found = family.curves(partial)
    assert np.concatenate([*found.values(), []]) == pytest.approx(curve, abs=tolerance, rel=0)
