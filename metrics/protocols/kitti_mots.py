"""KITTI-MOTS: masks of cars and pedestrians, with ignore regions.

Source: Voigtlaender et al., MOTS, CVPR 2019; equal to TrackEval 1.3.0
(tests/parity/test_parity.py).
"""

from __future__ import annotations

from metrics.family import ScoringProtocol
from metrics.preprocessing.ignore_regions import keep_masks_outside_regions

PROTOCOL = ScoringProtocol(
    description=(
        "Cars and pedestrians, each class on its own; predictions unmatched at IoU 0.5 and more "
        "than half inside an ignore region are excluded; masks of a frame must not overlap."
    ),
    layout="kitti_mots",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=keep_masks_outside_regions,
    similarity="disjoint masks",
)
