from __future__ import annotations

import numpy as np
import pytest

from datasets.masks import coco_rle
from datasets.types import Extent, Tracks
from metrics.family import load_protocol
from metrics.score import score_tracks

EXTENT = Extent(4, 8, 1, {30: "cat", 7: "dog"})


def halves(*rows):
    """Return the masks of one frame, each its left or right half; rows are side, class, score."""
    dense = np.zeros((len(rows), 4, 8), bool)
    for mask, (side, _, _) in zip(dense, rows, strict=True):
        mask[:, :4] = side == "left"
        mask[:, 4:] = side == "right"
    masks = coco_rle.encode(dense)
    class_id, score = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    return Tracks(
        EXTENT, np.zeros(len(rows)), np.arange(len(rows)), class_id, score, masks.boxes, masks
    )


@pytest.mark.parametrize("protocol", ["youtube_vis", "coco"])
def test_every_class_is_scored_on_its_own_and_crowds_are_kept(protocol):
    truth = halves(("left", 30, 1), ("right", 30, 0), ("left", 7, 1))
    prediction = halves(("left", 30, 0.5), ("left", 30, 0.4), ("right", 7, 0.9))
    found = score_tracks(truth, prediction, protocol, ["clear"])["classes"]
    counts = {
        name: [each["values"][field] for field in ("CLR_TP", "CLR_FN", "CLR_FP")]
        for name, each in found.items()
    }
    assert counts == {"cat": [1, 1, 1], "dog": [0, 1, 1]}


def test_youtube_vis_compares_masks_and_coco_boxes():
    similarity = {name: load_protocol(name).similarity for name in ("youtube_vis", "coco")}
    assert similarity == {"youtube_vis": "masks", "coco": "box"}
