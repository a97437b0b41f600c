"""Decode the output of the face detector RFB-320 to candidates.

The output is scores (1, N, 2), of background and face, and boxes (1, N, 4), corners as fractions of
the input size. Source: Ultra-Light-Fast-Generic-Face-Detector-1MB.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.candidates import Candidates
from trackers.detectors.layouts.boxes import MisfitError, Unit, scale

_AXES = 3


def rfb(
    outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit = "fractions"
) -> Candidates:
    """Return the candidates of RFB-320; `size` is the height and width of the input."""
    if [each.ndim for each in outputs] != [_AXES, _AXES]:
        raise MisfitError(f"(1, N, {classes + 1}) and (1, N, 4)", outputs)
    score, box = outputs
    if score.shape != (1, box.shape[1], classes + 1) or box.shape[2] != len(size) * 2:
        raise MisfitError(f"(1, N, {classes + 1}) and (1, N, 4)", outputs)
    return Candidates(box[0] * scale(unit, size), score[0, :, 1:])
