"""COCO's AP of masks, frame by frame; track ids are ignored.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/families/test_coco_ap.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from datasets.needs import Needs
from metrics import average_precision
from metrics.family import Summary
from metrics.matching.frame_detections import SIZE_LIMITS, frame_matching_input
from metrics.pairing import Pairing

_PREFIX = "mask "
NEEDS = Needs(masks=True, identities=False)
COLUMNS = average_precision.columns(_PREFIX, "masks", "frame", SIZE_LIMITS)

Partial = average_precision.Partial
combine = average_precision.combine


def evaluate(pairing: Pairing) -> average_precision.Partial:
    """Return the partial of one sequence and class. Ground truth with a score of 0 is a crowd."""
    return evaluate_classes([pairing])[0]


def evaluate_classes(pairings: Many[Pairing]) -> list[average_precision.Partial]:
    """Return the partial of each class of one sequence."""
    return average_precision.make_partials(
        {each.class_number: frame_matching_input(each, "masks") for each in pairings},
        SIZE_LIMITS,
        ranked=pairings[0].prediction.tracks.image is not None,
    )


def summarize(partial: average_precision.Partial) -> dict[str, float]:
    """Return every column."""
    return average_precision.summarize(partial, _PREFIX)


def summarize_classes(partials: Many[average_precision.Partial]) -> list[Summary]:
    """Return every column and the curves of each class."""
    return average_precision.summarize_classes(partials, _PREFIX)


def curves(partial: average_precision.Partial) -> dict[str, np.ndarray]:
    """Return AP at each IoU from 0.50 to 0.95, (10,)."""
    return average_precision.at_thresholds(partial, _PREFIX)
