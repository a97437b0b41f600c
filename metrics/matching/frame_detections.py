"""Prepare the matching of COCO: every row is a detection, ranked within its frame.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/families/test_coco_ap.py).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from metrics.matching.greedy_matching import MatchingInput, Overlaps
from metrics.pairing import Pairing, Pairs, overlapping, tracks_areas

SIZE_LIMITS = (32, 96)
Kind = Literal["box", "masks"]


def frame_matching_input(pairing: Pairing, kind: Kind) -> MatchingInput:
    """Return the rows of a pairing as detections of their frames.

    A ground truth with a score of 0 is a crowd. Detections are in the order of their images, where
    these are known.

    Raises:
        ValueError: `kind` is masks and a side has none.
    """
    truth, prediction = pairing.truth, pairing.prediction
    pairs = _pairs(pairing, kind)
    covered = tracks_areas(prediction.tracks, kind, prediction.rows)
    area = prediction.tracks.area
    annotated = truth.tracks.area
    crowd = truth.tracks.score[truth.rows] == 0
    image = prediction.tracks.image
    within = pairs.shared / covered[pairs.prediction]
    return MatchingInput(
        prediction.frame if image is None else image[prediction.rows],
        prediction.tracks.score[prediction.rows],
        covered if area is None else area[prediction.rows],
        tracks_areas(truth.tracks, "masks", truth.rows)
        if annotated is None
        else annotated[truth.rows],
        crowd,
        Overlaps(
            pairs.prediction, pairs.truth, np.where(crowd[pairs.truth], within, pairs.similarity)
        ),
    )


def _pairs(pairing: Pairing, kind: Kind) -> Pairs:
    """Return the pairing's own pairs if they are of that kind, otherwise compute them."""
    if (pairing.similarity == "box") == (kind == "box"):
        return pairing.pairs
    truth, prediction = (
        side.tracks.take(side.rows) for side in (pairing.truth, pairing.prediction)
    )
    return overlapping(truth, prediction, kind)
