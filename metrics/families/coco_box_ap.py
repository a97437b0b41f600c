"""AP of boxes frame by frame, as COCO has it: identities do not matter.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/families/test_coco_ap.py).
"""

from __future__ import annotations

import numpy as np

from metrics import average_precision
from metrics.matching.frame_detections import SIDES, frame_scene
from metrics.pairing import Pairing

_PREFIX = "box "
COLUMNS = average_precision.columns(_PREFIX, "boxes", "frame", SIDES)

Partial = average_precision.Partial
combine = average_precision.combine


def evaluate(pairing: Pairing) -> average_precision.Partial:
    """Return the partial of one sequence, all of one class. Truth whose score is 0 is a crowd."""
    scene = frame_scene(pairing, "box")
    return average_precision.make_partial(scene, SIDES, pairing.class_number)


def summarize(partial: average_precision.Partial) -> dict[str, float]:
    """Return every column."""
    return average_precision.summarize(partial, _PREFIX)


def curves(partial: average_precision.Partial) -> dict[str, np.ndarray]:
    """Return AP at each IoU from 0.50 to 0.95, (10,)."""
    return average_precision.at_thresholds(partial, _PREFIX)
